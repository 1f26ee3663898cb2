/* Starts what hotspot.c does, which is in a library of its own as Java's is. */
extern void run(void);
int main(void) { run(); }
