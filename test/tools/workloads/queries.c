/* Stands for a server of a database (-DPROVIDER="mysql"): its two USDT probes around a query of 50 ms and a quick one.
 * Waits for a line first. */
#include <stdio.h>
#include <unistd.h>
#include "note.h"

static void query(const char *text, unsigned microseconds) {
  if (text[0] == 0) return; /* A probe cannot wait for memory that was never touched. */
  asm volatile(NOTE(PROVIDER, "query__start", "8@%0") ::"r"(text));
  usleep(microseconds);
  asm volatile(NOTE(PROVIDER, "query__done", "-4@%0") ::"r"(0));
}

int main(void) {
  getchar();
  query("SELECT sleep(0.05)", 50000);
  query("SELECT 1", 1);
  usleep(100000);
  return 0;
}
