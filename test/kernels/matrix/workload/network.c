/* What goes over the loopback interface, and a place in memory that is written. */
#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "workload.h"

static int bound_socket(struct sockaddr_in *address, uint16_t port) {
	memset(address, 0, sizeof *address);
	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address->sin_port = htons(port);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bind(fd, (struct sockaddr *)address, sizeof *address);
	return fd;
}

/* ---- talk: 3 datagrams of 5 bytes by UDP from 127.0.0.1:40405 to 127.0.0.1:40404, where they are received */

ACTION(talk) {
	struct sockaddr_in from, to;
	char text[8];
	int receiver = bound_socket(&to, 40404), sender = bound_socket(&from, 40405);
	for (int i = 0; i < 3; i++) {
		if (sendto(sender, "hello", 5, 0, (struct sockaddr *)&to, sizeof to) != 5) break;
		if (recv(receiver, text, sizeof text, 0) != 5) break;
	}
	close(receiver);
	close(sender);
}

/* ---- store: watched_word becomes 10, 20 … 70 */

volatile uint64_t watched_word;

ACTION(store) {
	for (uint64_t i = 1; i <= 7; i++) watched_word = i * 10;
}
