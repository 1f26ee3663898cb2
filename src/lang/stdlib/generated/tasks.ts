// Made by gen/stdlib.ts from tasks.bt.
import type { LibraryFile } from '../library-file.ts';

export const file: LibraryFile = {
  name: 'stdlib/tasks.bt',
  macros: {
    ppid: [161, 279],
    pcomm: [376, 498],
    leader_tid: [604, 734],
    leader_comm: [855, 989],
    comm: [1243],
  },
  text: `// Relatives of a task: its parent, and the thread that its process began with.

// Id of the current process's parent, as the initial pid namespace numbers it.
macro ppid() {
  ppid(curtask)
}

// Id of the parent of the process that \`task\` (a struct task_struct *) belongs to.
macro ppid(task) {
  (uint32)task->real_parent->tgid
}

// Name of the current process's parent.
macro pcomm() {
  pcomm(curtask)
}

// Name of the parent of the process that \`task\` (a struct task_struct *) belongs to.
macro pcomm(task) {
  task->real_parent->comm
}

// Id of the thread that the current process began with.
macro leader_tid() {
  leader_tid(curtask)
}

// Id of the thread that the process of \`task\` (a struct task_struct *) began with.
macro leader_tid(task) {
  (uint32)task->group_leader->pid
}

// Name of the thread that the current process began with.
macro leader_comm() {
  leader_comm(curtask)
}

// Name of the thread that the process of \`task\` (a struct task_struct *) began with.
macro leader_comm(task) {
  task->group_leader->comm
}

// Name of the process or thread with this id, in the initial pid namespace: "N/A" and a warning where there is none,
// "[unknown]" and a warning on kernels before 6.2. Not in all kinds of probes.
macro comm(id) {
  let $name : string[16];
  if comptime (kfunc_exist("bpf_task_from_pid") && !kfunc_allowed("bpf_task_from_pid")) {
    fail("comm() of another process is not available in this kind of probe");
  } else if comptime kfunc_exist("bpf_task_from_pid") {
    $task = bpf_task_from_pid((int32)id);
    if ((uint64)$task != 0) {
      $name = $task->comm;
      bpf_task_release($task);
    } else {
      $name = "N/A";
      warnf("comm: there is no process %d", (int32)id);
    }
  } else {
    $name = "[unknown]";
    warnf("comm: this kernel does not find processes by their ids");
  }
  $name
}
`,
};
