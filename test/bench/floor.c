/*
 * The floor without a runtime: what the system calls themselves cost. Server and client in one program, for Linux.
 *
 *   floor produce|fetch|sendfile DIRECTORY REQUEST_BYTES ANSWER_BYTES
 *       serves on a free port of 127.0.0.1 and says "ready PORT"
 *   floor client PORT CONNECTIONS WINDOW REQUEST_BYTES ANSWER_BYTES WARM_UP_SECONDS WARM_UP_REQUESTS SECONDS REQUESTS
 *       sends zeros, WINDOW requests under way on each connection; says "begin" when it has warmed up, by whichever of the two comes
 *       first, and "end SECONDS REQUESTS" of what came after that
 *
 * A produce server takes each read(2) to a file, by 64 KB at most to a pwrite(2), and answers every REQUEST_BYTES. A fetch server answers each request by
 * pread(2) out of a file that is in the page cache and write(2), or by sendfile(2).
 */
#include "floor.h"
#include <stdbool.h>
#include <sys/sendfile.h>
#include <time.h>

/* The file that is written begins anew at this size: more than one run writes. */
#define WRITTEN_BYTES_MAX (1L << 30)
/* The file that is served. */
#define SERVED_BYTES (256L << 20)

struct connection {
  int fd;
  /* Bytes of an unfinished request (server) or answer (client) that have come. */
  size_t got;
  /* Bytes still to be written. */
  size_t unsent;
  /* Of the file that is served: where the present answer begins. */
  off_t position;
  /* The present answer, of a fetch server. */
  char *answer;
  bool waits_to_write;
};

static char buffer[BUFFER_BYTES], zeros[BUFFER_BYTES];
static int poller;

static double now_seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static struct connection *watch(int fd) {
  struct connection *made = calloc(1, sizeof *made);
  int one = 1;
  made->fd = fd;
  check(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one), "TCP_NODELAY");
  check(fcntl(fd, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = made};
  check(epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
  return made;
}

/* Has the poller tell when more can be written, while there is more. */
static void wait_to_write(struct connection *at, bool wait) {
  if (at->waits_to_write == wait) return;
  at->waits_to_write = wait;
  struct epoll_event event = {.events = wait ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.ptr = at};
  check(epoll_ctl(poller, EPOLL_CTL_MOD, at->fd, &event), "epoll_ctl");
}

static bool blocked(ssize_t result) { return result < 0 && errno == EAGAIN; }

static void send_zeros(struct connection *at) {
  while (at->unsent > 0) {
    ssize_t sent = write(at->fd, zeros, at->unsent < BUFFER_BYTES ? at->unsent : BUFFER_BYTES);
    if (sent <= 0) break;
    at->unsent -= sent;
  }
  wait_to_write(at, at->unsent > 0);
}

static void send_answer(struct connection *at, int served, size_t answer_bytes, bool by_sendfile) {
  while (at->unsent > 0) {
    off_t from = answer_bytes - at->unsent, in_file = at->position + from;
    ssize_t sent = by_sendfile ? sendfile(at->fd, served, &in_file, at->unsent) : write(at->fd, at->answer + from, at->unsent);
    if (sent <= 0) break;
    at->unsent -= sent;
  }
  wait_to_write(at, at->unsent > 0);
}

static void begin_answer(struct connection *at, int served, size_t answer_bytes, bool by_sendfile) {
  at->position += answer_bytes;
  if (at->position + (off_t)answer_bytes > SERVED_BYTES) at->position = 0;
  if (at->answer == NULL) at->answer = malloc(answer_bytes);
  if (!by_sendfile) check(pread(served, at->answer, answer_bytes, at->position), "pread");
  at->unsent = answer_bytes;
  send_answer(at, served, answer_bytes, by_sendfile);
}

static void serve(const char *way, const char *directory, size_t request_bytes, size_t answer_bytes) {
  bool produces = strcmp(way, "produce") == 0, by_sendfile = strcmp(way, "sendfile") == 0;
  int file = open_file(directory, produces ? "written" : "served");
  off_t written = 0;
  if (!produces)
    for (off_t at = 0; at < SERVED_BYTES;) at = write_file(file, zeros, BUFFER_BYTES, at);
  int listener = listen_anywhere();
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[EVENTS];
  check(epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event), "epoll_ctl");
  for (;;) {
    int count = epoll_wait(poller, events, EVENTS, -1);
    for (int index = 0; index < count; index++) {
      struct connection *at = events[index].data.ptr;
      if (at == NULL) {
        watch(check(accept(listener, NULL, NULL), "accept"));
        continue;
      }
      if (events[index].events & EPOLLOUT) {
        if (produces) send_zeros(at);
        else send_answer(at, file, answer_bytes, by_sendfile);
      }
      if (!(events[index].events & ~EPOLLOUT)) continue;
      ssize_t came = read(at->fd, buffer, BUFFER_BYTES);
      if (blocked(came)) continue;
      if (came <= 0) {
        close(at->fd);
        free(at->answer);
        free(at);
        continue;
      }
      at->got += came;
      size_t requests = at->got / request_bytes;
      at->got %= request_bytes;
      if (produces) {
        if (written > WRITTEN_BYTES_MAX) check(ftruncate(file, written = 0), "ftruncate");
        written = write_file(file, buffer, came, written);
        at->unsent += requests * answer_bytes;
        if (requests > 0) send_zeros(at);
      } else if (requests > 0) begin_answer(at, file, answer_bytes, by_sendfile);
    }
  }
}

struct load {
  int port, connections, window;
  size_t request_bytes, answer_bytes;
  double warm_up_seconds;
  long warm_up_requests;
  double seconds;
  long requests;
};

static void load(const struct load *wanted) {
  struct sockaddr_in address = {
    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(wanted->port)};
  struct epoll_event events[EVENTS];
  for (int made = 0; made < wanted->connections; made++) {
    int fd = check(socket(AF_INET, SOCK_STREAM, 0), "socket");
    check(connect(fd, (struct sockaddr *)&address, sizeof address), "connect");
    struct connection *at = watch(fd);
    at->unsent = wanted->window * wanted->request_bytes;
    send_zeros(at);
  }
  bool warm = false;
  long requests = 0;
  double begin = now_seconds();
  for (;;) {
    int count = epoll_wait(poller, events, EVENTS, -1);
    for (int index = 0; index < count; index++) {
      struct connection *at = events[index].data.ptr;
      if (events[index].events & ~EPOLLOUT) {
        ssize_t came = read(at->fd, buffer, BUFFER_BYTES);
        if (!blocked(came)) {
          if (came <= 0) check(-1, "the server has gone");
          at->got += came;
          long answers = at->got / wanted->answer_bytes;
          at->got %= wanted->answer_bytes;
          at->unsent += answers * wanted->request_bytes;
          requests += answers;
        }
      }
      send_zeros(at);
    }
    double elapsed = now_seconds() - begin;
    if (!warm && (elapsed >= wanted->warm_up_seconds || requests >= wanted->warm_up_requests)) {
      printf("begin\n");
      fflush(stdout);
      warm = true;
      requests = 0;
      begin = now_seconds();
    } else if (warm && (elapsed >= wanted->seconds || requests >= wanted->requests)) {
      printf("end %.6f %ld\n", elapsed, requests);
      return;
    }
  }
}

int main(int count, char **words) {
  signal(SIGPIPE, SIG_IGN);
  poller = check(epoll_create1(0), "epoll_create1");
  if (count == 5) serve(words[1], words[2], atol(words[3]), atol(words[4]));
  if (count != 11) return 2;
  struct load wanted = {atoi(words[2]), atoi(words[3]), atoi(words[4]), atol(words[5]), atol(words[6]),
    atof(words[7]), atol(words[8]), atof(words[9]), atol(words[10])};
  load(&wanted);
  return 0;
}
