/* What both floors in C need: a file that is written as the broker writes its own, and a port of 127.0.0.1. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* All sockets are read into one buffer of this size. */
#define BUFFER_BYTES (1 << 20)
/* Bytes of one call to write: larger ones meet memory that a virtual machine gave back to its host. */
#define PIECE_BYTES (64 << 10)
#define EVENTS 64

static long check(long result, const char *what) {
  if (result >= 0) return result;
  perror(what);
  exit(1);
}

static int open_file(const char *directory, const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  return check(open(path, O_CREAT | O_RDWR | O_TRUNC, 0600), path);
}

/* Writes all bytes at a position, and gives the one behind them. */
static off_t write_file(int file, const char *bytes, size_t count, off_t position) {
  while (count > 0) {
    size_t piece = PIECE_BYTES - position % PIECE_BYTES;
    long written = check(pwrite(file, bytes, count < piece ? count : piece, position), "pwrite");
    bytes += written;
    count -= written;
    position += written;
  }
  return position;
}

/* Listens on a free port, which it says. */
static int listen_anywhere(void) {
  int listener = check(socket(AF_INET, SOCK_STREAM, 0), "socket");
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  check(bind(listener, (struct sockaddr *)&address, length), "bind");
  check(listen(listener, 1024), "listen");
  check(getsockname(listener, (struct sockaddr *)&address, &length), "getsockname");
  printf("ready %d\n", ntohs(address.sin_port));
  fflush(stdout);
  return listener;
}
