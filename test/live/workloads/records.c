/* Calls visit() once with a record of every shape of member. */
#include <stddef.h>

struct inner {
  int x;
  short y;
};
enum color { RED = 3, GREEN };

struct shapes {
  int negative : 3;
  unsigned positive : 5;
  int wide : 20;
  long long longer : 40;
  char name[8];
  char full[4];
  signed char small[3];
  unsigned char bytes[3];
  union {
    int u1;
    char u2;
  };
  struct {
    int in1;
    short in2;
  };
  struct inner nested;
  struct inner *ptr;
  struct inner **pptr;
  enum color tint;
  enum { ANON = 5 } anon;
  float f;
  double d;
  _Bool flag;
  char letter;
  int numbers[4];
  int same[4];
  int (*call)(int);
  struct {
    unsigned char tag;
    int value;
  } __attribute__((packed)) tight;
  int count;
  int tail[];
};

static struct inner inner = {7, -8};
static struct inner *innerp = &inner;
static struct shapes all = {
  -2, 17, -1000, -123456789012LL, "short", {'f', 'u', 'l', 'l'}, {-1, 2, 3}, {1, 2, 255}, {.u1 = 65}, {1000, -5}, {1, 2}, &inner,
  &innerp, GREEN, ANON, 1.5f, 2.5, 1, 'x', {10, 20, 30, 40}, {10, 20, 30, 40}, NULL, {9, 0x01020304}, 3, {100, 200, 300},
};

__attribute__((noinline)) int visit(struct shapes *s, struct inner *i) {
  __asm__ volatile("" : : "r"(s), "r"(i) : "memory");
  return s->count + i->x;
}

int main(void) { return visit(&all, &inner) == 10 ? 0 : 1; }
