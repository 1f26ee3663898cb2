/* Functions as rustc would name and call them: by the old mangling, and by that of version 0. */
#include <unistd.h>

long price(unsigned count, const char *name, unsigned long length) __asm__("_ZN5rusty4shop5price17h0123456789abcdefE");
long cost(unsigned count) __asm__("_RNvNtCs4fqI2P2rA04_5rusty4shop4cost");

__attribute__((noinline)) long price(unsigned count, const char *name, unsigned long length) {
  __asm__ volatile("" ::"r"(name));
  return (long)count * (long)length;
}

__attribute__((noinline)) long cost(unsigned count) {
  __asm__ volatile("");
  return count * 5l;
}

int main(void) { return price(3, "four", 4) != 12 || cost(2) != 10; }
