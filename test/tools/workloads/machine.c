/* A virtual machine of one page that writes 100 bytes to a port and halts: 100 exits for the port, one for the halt. */
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

int main(void) {
  /* mov cx, 100; again: out 0x10, al; loop again; hlt */
  static const unsigned char code[] = {0xb9, 100, 0, 0xe6, 0x10, 0xe2, 0xfc, 0xf4};
  int kvm = open("/dev/kvm", O_RDWR), machine = ioctl(kvm, KVM_CREATE_VM, 0L);
  if (machine < 0) return 1;
  void *memory = mmap(0, 0x1000, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  memcpy(memory, code, sizeof code);
  struct kvm_userspace_memory_region region = {0, 0, 0x1000, 0x1000, (unsigned long)memory};
  if (ioctl(machine, KVM_SET_USER_MEMORY_REGION, &region) < 0) return 2;
  int cpu = ioctl(machine, KVM_CREATE_VCPU, 0L);
  struct kvm_run *run = mmap(0, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0L), PROT_READ | PROT_WRITE, MAP_SHARED, cpu, 0);
  struct kvm_sregs special;
  if (ioctl(cpu, KVM_GET_SREGS, &special) < 0) return 3;
  special.cs.base = special.cs.selector = 0;
  struct kvm_regs registers = {.rip = 0x1000, .rflags = 2};
  if (ioctl(cpu, KVM_SET_SREGS, &special) < 0 || ioctl(cpu, KVM_SET_REGS, &registers) < 0) return 4;
  do
    if (ioctl(cpu, KVM_RUN, 0L) < 0) return 5;
  while (run->exit_reason == KVM_EXIT_IO);
  return run->exit_reason == KVM_EXIT_HLT ? 0 : 6;
}
