#include <string>
#include <unistd.h>
#define SEEN __attribute__((noipa))
namespace shop {
struct Base { int number; virtual ~Base() {} };
struct Cart : Base {
  long total; 
  SEEN int add(int n) { total += n; return n; }
  SEEN int add(const char *s, long n) { total += n; return 2; }
  SEEN static int count(Cart &c) { return (int)c.total; }
};
SEEN int add(Cart *c) { return c->number; }
}
template <class T> SEEN T twice(T x) { return x + x; }
static inline int small(int n) {
  int r = n * 3; asm volatile("" : "+r"(r));
  return r;
}
SEEN int user1(int n) { return small(n) + 1; }
SEEN int user2(int n) { 
  return small(n + 5) + small(n + 6); }
int main() { shop::Cart c; c.number = 5; c.total = 0; c.add(1); c.add("x", 2); shop::Cart::count(c); shop::add(&c); twice(3); twice(4L); user1(1); user2(2); return 0; }
