/*
 * The floor under Kafka's own clients: a broker in C that checks, orders and keeps nothing. Each read(2) goes into a file, by 64 KB
 * at most to a pwrite(2), and each request is answered by the ready-made bytes for its API and version, under its correlation id. What such a
 * client makes it spend, no broker that reads, writes and answers can save. For Linux.
 *
 *   floor-broker DIRECTORY
 *       says "ready PORT", and reads the answers from standard input, until that ends: API key and version (16 bits each),
 *       size (32 bits), all big-endian, and as many bytes: a whole response with its own size and room for the correlation id
 *
 * A request without a ready-made answer ends it, with a word on which.
 */
#include "floor.h"
#include <stdint.h>

#define ANSWERS_MAX 64
/* Size, API key, version and correlation id: all that is looked at of a request. */
#define HEAD_BYTES 12

struct answer {
  uint16_t key, version;
  uint32_t size;
  char *bytes;
};

struct connection {
  int fd;
  unsigned char head[HEAD_BYTES];
  uint32_t head_got;
  /* Bytes of the present request that are still to come. */
  uint32_t left;
};

static char incoming[BUFFER_BYTES], outgoing[BUFFER_BYTES];
static struct answer answers[ANSWERS_MAX];
static int answer_count, poller;

static uint32_t big_endian(const unsigned char *from, int bytes) {
  uint32_t value = 0;
  for (int at = 0; at < bytes; at++) value = value << 8 | from[at];
  return value;
}

static void read_answers(void) {
  unsigned char head[8];
  while (fread(head, 1, sizeof head, stdin) == sizeof head && answer_count < ANSWERS_MAX) {
    struct answer *made = &answers[answer_count++];
    made->key = big_endian(head, 2);
    made->version = big_endian(head + 2, 2);
    made->size = big_endian(head + 4, 4);
    made->bytes = malloc(made->size);
    if (fread(made->bytes, 1, made->size, stdin) != made->size) exit(1);
  }
}

/* Puts the answer behind what is to be written; gives the new end. */
static size_t answer(const unsigned char *head, size_t end) {
  uint16_t key = big_endian(head + 4, 2), version = big_endian(head + 6, 2);
  for (int at = 0; at < answer_count; at++) {
    const struct answer *found = &answers[at];
    if (found->key != key || found->version != version) continue;
    if (end + found->size > BUFFER_BYTES) exit(1);
    memcpy(outgoing + end, found->bytes, found->size);
    memcpy(outgoing + end + 4, head + 8, 4);
    return end + found->size;
  }
  fprintf(stderr, "the floor has no answer to API %d, version %d\n", key, version);
  exit(1);
}

/* Steps over what came, and gives how many bytes of answers are due. */
static size_t take(struct connection *at, const unsigned char *bytes, size_t count) {
  size_t end = 0;
  while (count > 0) {
    if (at->left > 0) {
      size_t step = at->left < count ? at->left : count;
      at->left -= step;
      bytes += step;
      count -= step;
    } else {
      at->head[at->head_got++] = *bytes++;
      count--;
      if (at->head_got < HEAD_BYTES) continue;
      at->left = big_endian(at->head, 4) + 4 - HEAD_BYTES;
      at->head_got = 0;
    }
    /* The head is whole, and nothing is left: the request has come. */
    if (at->left == 0 && at->head_got == 0) end = answer(at->head, end);
  }
  return end;
}

static void serve(int file, int listener) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[EVENTS];
  off_t written = 0;
  check(epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event), "epoll_ctl");
  for (;;) {
    int count = epoll_wait(poller, events, EVENTS, -1);
    for (int index = 0; index < count; index++) {
      struct connection *at = events[index].data.ptr;
      if (at == NULL) {
        int one = 1;
        at = calloc(1, sizeof *at);
        at->fd = check(accept4(listener, NULL, NULL, SOCK_NONBLOCK), "accept4");
        check(setsockopt(at->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one), "TCP_NODELAY");
        event.data.ptr = at;
        check(epoll_ctl(poller, EPOLL_CTL_ADD, at->fd, &event), "epoll_ctl");
        continue;
      }
      ssize_t came = read(at->fd, incoming, BUFFER_BYTES);
      if (came < 0 && errno == EAGAIN) continue;
      if (came <= 0) {
        close(at->fd);
        free(at);
        /* The end of a run: its memory is free, as with a broker that deletes the topic. */
        check(ftruncate(file, written = 0), "ftruncate");
        continue;
      }
      written = write_file(file, incoming, came, written);
      size_t due = take(at, (unsigned char *)incoming, came);
      /* Answers are small and few: there is always room for them. */
      if (due > 0 && write(at->fd, outgoing, due) != (ssize_t)due) exit(1);
    }
  }
}

int main(int count, char **words) {
  if (count != 2) return 2;
  signal(SIGPIPE, SIG_IGN);
  poller = check(epoll_create1(0), "epoll_create1");
  int file = open_file(words[1], "written");
  int listener = listen_anywhere();
  read_answers();
  serve(file, listener);
}
