/* Prints the address of a long. For each line of input writes to it: 10 times in main, 5 times in a thread that was
   there from the start, 3 times in one started for it; reads it twice. */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>

volatile long watched;
static sem_t go, done;

static void write_times(int times) {
  for (int i = 1; i <= times; i++) watched = i;
}

static void *old_thread(void *unused) {
  for (;;) {
    sem_wait(&go);
    write_times(5);
    sem_post(&done);
  }
  return unused;
}

static void *new_thread(void *unused) {
  write_times(3);
  return unused;
}

int main(void) {
  pthread_t old, new;
  char line[16];
  long sum = 0;
  sem_init(&go, 0, 0);
  sem_init(&done, 0, 0);
  pthread_create(&old, 0, old_thread, 0);
  printf("%p %p\n", (void *)&watched, (void *)new_thread);
  fflush(stdout);
  while (fgets(line, sizeof line, stdin)) {
    write_times(10);
    sem_post(&go);
    sem_wait(&done);
    pthread_create(&new, 0, new_thread, 0);
    pthread_join(new, 0);
    sum += watched;
    sum += watched;
    printf("%ld\n", sum);
    fflush(stdout);
  }
  return 0;
}
