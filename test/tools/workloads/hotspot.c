/* Stands for the library of Java's virtual machine: Hot.java's calls, objects, threads and collections, told by the same probes. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "note.h"

/* Written here: a probe cannot wait for memory that was never touched. */
struct text {
  long size;
  char bytes[40];
};

static struct text text(const char *from) {
  struct text copy = {(long)strlen(from), ""};
  memcpy(copy.bytes, from, copy.size);
  return copy;
}

#define FOUR_TEXTS(name)                                                                                               \
  asm volatile(NOTE("hotspot", name, "8@%0 8@%1 8@%2 8@%3 8@%4") ::"r"(1L), "r"(of.bytes), "r"(of.size),              \
               "r"(method.bytes), "r"(method.size)                                                                     \
               : "memory")
#define TWO_TEXTS(name)                                                                                                \
  asm volatile(NOTE("hotspot", name, "8@%0 8@%1 8@%2 8@%3") ::"r"(manager.bytes), "r"(manager.size), "r"(pool.bytes),  \
               "r"(pool.size)                                                                                          \
               : "memory")
#define THREAD(name)                                                                                                   \
  asm volatile(NOTE("hotspot", name, "8@%0 8@%1 8@%2 8@%3 1@%b4") ::"r"(own.bytes), "r"(own.size), "r"(20L),          \
               "r"(id), "r"(0)                                                                                         \
               : "memory")

__attribute__((noinline)) static void entry(struct text of, struct text method) { FOUR_TEXTS("method__entry"); }
__attribute__((noinline)) static void leave(struct text of, struct text method) { FOUR_TEXTS("method__return"); }

__attribute__((noinline)) static void make(struct text of) {
  asm volatile(NOTE("hotspot", "object__alloc", "8@%0 8@%1 8@%2 8@%3") ::"r"(1L), "r"(of.bytes), "r"(of.size), "r"(16L)
               : "memory");
}

static void call(const char *of, const char *method, void (*body)(void)) {
  entry(text(of), text(method));
  body();
  leave(text(of), text(method));
}

static void nothing(void) {}
static void second(void) { usleep(1200000); }

static void inner(void) {
  make(text("Hot$Thing"));
  call("Hot$Thing", "<init>", nothing);
}

static void outer(void) { call("Hot", "inner", inner); }

static void *thread(void *unused) {
  struct text own = text("sonde-thread");
  long id = gettid();
  THREAD("thread__start");
  call("Hot", "outer", outer);
  THREAD("thread__stop");
  return unused;
}

static void collect(void) {
  struct text manager = text("MarkSweepCompact"), pool = text("Metaspace");
  asm volatile(NOTE("hotspot", "gc__begin", "1@%b0") ::"r"(1) : "memory");
  TWO_TEXTS("mem__pool__gc__begin");
  usleep(1000);
  TWO_TEXTS("mem__pool__gc__end");
  asm volatile(NOTE("hotspot", "gc__end", "") ::: "memory");
}

void run(void) {
  pthread_t other;
  getchar();
  asm volatile(NOTE("hotspot", "class__loaded", "8@%0") ::"r"(0L));
  pthread_create(&other, 0, thread, 0);
  pthread_join(other, 0);
  for (int i = 0; i < 1999; i++) call("Hot", "outer", outer);
  call("java/lang/String", "length", nothing);
  for (int i = 0; i < 3; i++) collect();
  call("java/lang/Thread", "sleep", second);
}
