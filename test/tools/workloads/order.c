/* Two threads that take two mutexes in orders that contradict each other, one after the other; a third mutex is innocent. */
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER,
                       innocent = PTHREAD_MUTEX_INITIALIZER;

__attribute__((noinline)) void *forwards(void *unused) {
  pthread_mutex_lock(&first);
  pthread_mutex_lock(&second);
  pthread_mutex_lock(&innocent);
  pthread_mutex_unlock(&innocent);
  pthread_mutex_unlock(&second);
  pthread_mutex_unlock(&first);
  return unused;
}

__attribute__((noinline)) void *backwards(void *unused) {
  pthread_mutex_lock(&second);
  pthread_mutex_lock(&first);
  pthread_mutex_unlock(&first);
  pthread_mutex_unlock(&second);
  return unused;
}

int main(int count, char **words) {
  pthread_t thread;
  pthread_create(&thread, 0, forwards, 0);
  pthread_join(thread, 0);
  if (count > 1) return 0; /* any word: only one order */
  pthread_create(&thread, 0, backwards, 0);
  pthread_join(thread, 0);
  usleep(300000);
  return 0;
}
