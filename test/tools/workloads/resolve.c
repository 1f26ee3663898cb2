/* Asks the kernel's RDMA connection manager for the way to an address, as librdmacm does, and waits for its answer. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <rdma/rdma_user_cm.h>
#include <string.h>
#include <unistd.h>

int main(int count, char **words) {
  int manager = open("/dev/infiniband/rdma_cm", O_RDWR);
  struct rdma_ucm_create_id_resp made = {0};
  struct {
    struct rdma_ucm_cmd_hdr head;
    struct rdma_ucm_create_id body;
  } create = {{RDMA_USER_CM_CMD_CREATE_ID, sizeof create.body, sizeof made},
              {.uid = 1, .response = (unsigned long)&made, .ps = RDMA_PS_TCP}};
  if (count < 2 || write(manager, &create, sizeof create) != sizeof create) return 1;
  struct {
    struct rdma_ucm_cmd_hdr head;
    struct rdma_ucm_resolve_ip body;
  } resolve = {{RDMA_USER_CM_CMD_RESOLVE_IP, sizeof resolve.body, 0}, {.id = made.id, .timeout_ms = 2000}};
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(4791)};
  inet_pton(AF_INET, words[1], &to.sin_addr);
  memcpy(&resolve.body.dst_addr, &to, sizeof to);
  if (write(manager, &resolve, sizeof resolve) != sizeof resolve) return 2;
  struct pollfd answer = {manager, POLLIN, 0};
  return poll(&answer, 1, 4000) == 1 ? 0 : 3;
}
