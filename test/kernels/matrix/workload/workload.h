/*
 * What the rows of the matrix look at: `workload ACTION...` runs each action once, in order. An action does the same
 * things with the same values on every kernel, so that a row can say exactly what must be seen.
 * All files of this folder are compiled together, with -O0 and frame pointers: every function is there under its name.
 */
#define ACTION(name) \
	static void action_##name(void); \
	__attribute__((constructor)) static void register_##name(void) { register_action(#name, action_##name); } \
	static void action_##name(void)

void register_action(const char *name, void (*run)(void));
