// types: functions with arguments and results of every kind, for debug information to describe; the values are those of main().
#include <stdint.h>
#include <stdlib.h>
#include <stdbool.h>
#include <stdio.h>
#define SEEN __attribute__((noipa))
enum color { RED = 3, GREEN = -4 };
struct inner { char name[8]; int32_t deep[2][3]; };
struct node { struct node *next; int value; unsigned low : 3, mid : 7; int high : 5; struct inner in; union { long whole; short half; }; enum color c; };
struct pair { long a, b; }; struct small { int a; short b; char c; }; struct odd { char c[3]; }; struct large { long a[5]; }; struct mixed { double d; long l; };
typedef unsigned long size;
SEEN int ints(signed char a, unsigned short b, int c, unsigned d, long e, size f, short g, const char *h) { return a + b + c; }
SEEN long lists(struct node *n, enum color c, bool b, const char *text) { return n->next->value; }
SEEN long structs(struct pair p, struct small s, struct large l, struct odd o, struct pair q) { return p.a + q.b + l.a[0] + s.b + o.c[0]; }
SEEN double floats(int a, double b, struct mixed m, float c, long d, __int128 big) { return a + b + c + d + m.d; }
SEEN struct large give(int n, struct node *p) { struct large l = {{n, 2, 3, 4, 5}}; return l; }
SEEN struct small gives(int n) { struct small s = {n, -2, 'x'}; return s; }
SEEN bool truth(int n) { return n > 3; }
SEEN short minus(int n) { return -n; }
SEEN const char *string(void) { return "a string"; }
SEEN void nothing(int n) { asm volatile(""); }
static SEEN int hidden(int n, ...) { return n; }
int main(void) {
  struct node b = {0, 22, 1, 2, 3}, a = {&b, 11, 5, 100, -3, {"deep", {{1, 2, 3}, {4, 5, 6}}}, {-1}, GREEN};
  puts(string());
  ints(-1, 65535, -3, 4000000000u, -5, 6, -7, string());
  lists(&a, RED, true, string());
  structs((struct pair){1, -2}, (struct small){3, -4, 5}, (struct large){{6, 7, 8, 9, 10}}, (struct odd){"ab"}, (struct pair){11, -12});
  floats(1, 2, (struct mixed){3, 4}, 5, 6, ((__int128)7 << 64) | 8);
  give(9, &a); gives(8); truth(4); minus(5); nothing(6); hidden(7);
  return 0;
}
