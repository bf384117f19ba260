// An Ethernet switch whose ports are network interfaces, each in a network namespace of its own. Each frame is delayed,
// and each cable has a rate, in each direction. In place of the kernel's netem, which not every kernel has.
//
// usage: switch DELAY-MICROSECONDS MEGABITS-PER-SECOND NAMESPACE...: for each namespace, a file such as /proc/PID/ns/net.
//        Makes an interface eth0 there, down and without an address, and prints "ready". Runs until it is killed.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum {
  PORTS_MAX = 64,
  QUEUE_LENGTH = 32,
  ADDRESS_BYTES = 6,
  // Frames have up to 64 KiB: the interfaces leave the division into packets, and checksums, to the receiver, which
  // needs neither. At 1 Gbit/s, this process handles 2,000 frames a second in place of 80,000.
  FRAME_BYTES = sizeof(struct virtio_net_hdr) + 14 + 65536,
  ETHERNET_AND_IP_BYTES = 54,
  PREAMBLE_CHECKSUM_AND_GAP_BYTES = 24,
  // A frame that came while this process slept was on time.
  LATENESS_NS = 50000,
};

typedef struct {
  int64_t due;  // when its last bit arrives, in nanoseconds
  ssize_t byte_count;
  uint8_t bytes[FRAME_BYTES];
} Frame;

typedef struct {
  int file;
  uint8_t address[ADDRESS_BYTES];  // of the host, once it has sent a frame
  int64_t sent;                    // when the cable to the switch is free
  int64_t received;                // when the cable from the switch is free
  Frame *held;                     // sent, but a queue is full; byte_count is 0 where there is none
  Frame *queue;                    // to this host, a ring
  size_t first, count;
} Port;

static Port ports[PORTS_MAX];
static size_t port_count;
static int64_t delay;
static double ns_per_byte;

static void check(int ok, const char *what) {
  if (ok) return;
  fprintf(stderr, "switch: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void open_port(const char *namespace_file) {
  Port *port = &ports[port_count++];
  int namespace = open(namespace_file, O_RDONLY | O_CLOEXEC);
  check(namespace >= 0 && setns(namespace, CLONE_NEWNET) == 0, namespace_file);
  close(namespace);
  port->file = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  struct ifreq request = {.ifr_name = "eth0", .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
  check(port->file >= 0 && ioctl(port->file, TUNSETIFF, &request) == 0, "/dev/net/tun");
  check(ioctl(port->file, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4) == 0, "TUNSETOFFLOAD");
  port->held = calloc(1, sizeof *port->held);
  port->queue = calloc(QUEUE_LENGTH, sizeof *port->queue);
  check(port->held && port->queue, "memory");
}

// How long a cable is busy with the packets that a frame stands for.
static int64_t transmission(const Frame *frame) {
  const struct virtio_net_hdr *header = (const void *)frame->bytes;
  ssize_t byte_count = frame->byte_count - (ssize_t)sizeof *header, packets = 1;
  if (header->gso_type != VIRTIO_NET_HDR_GSO_NONE && header->gso_size > 0) {
    packets = (byte_count - ETHERNET_AND_IP_BYTES + header->gso_size - 1) / header->gso_size;
    byte_count += (packets - 1) * ETHERNET_AND_IP_BYTES;
  }
  return (int64_t)((byte_count + packets * PREAMBLE_CHECKSUM_AND_GAP_BYTES) * ns_per_byte);
}

// Moves the frame that a port holds to the queue of its receiver, or of all others. It stays where one is full.
static void forward(Port *from) {
  const uint8_t *receiver = from->held->bytes + sizeof(struct virtio_net_hdr);
  size_t first = 0, end = port_count;
  for (size_t i = 0; i < port_count; i++)
    if (memcmp(ports[i].address, receiver, ADDRESS_BYTES) == 0) first = i, end = i + 1;
  for (size_t i = first; i < end; i++)
    if (&ports[i] != from && ports[i].count == QUEUE_LENGTH) return;

  int64_t busy = transmission(from->held), start = now() - LATENESS_NS;
  if (start < from->sent) start = from->sent;
  from->sent = start + busy;
  for (size_t i = first; i < end; i++) {
    Port *to = &ports[i];
    if (to == from) continue;
    // The first bit leaves the switch as soon as it has come, where the cable is free.
    int64_t arrival = start + delay;
    if (arrival < to->received) arrival = to->received;
    to->received = arrival + busy;
    Frame *slot = &to->queue[(to->first + to->count++) % QUEUE_LENGTH];
    slot->due = to->received;
    slot->byte_count = from->held->byte_count;
    memcpy(slot->bytes, from->held->bytes, from->held->byte_count);
  }
  from->held->byte_count = 0;
}

int main(int count, char **arguments) {
  if (count < 4 || count - 3 > PORTS_MAX) {
    fprintf(stderr, "usage: switch DELAY-MICROSECONDS MEGABITS-PER-SECOND NAMESPACE...\n");
    return 64;
  }
  delay = (int64_t)(atof(arguments[1]) * 1000);
  ns_per_byte = 8000 / atof(arguments[2]);
  for (int i = 3; i < count; i++) open_port(arguments[i]);
  // Busy ranks do not keep a real switch waiting. It works without these, less exactly.
  prctl(PR_SET_TIMERSLACK, 1);
  sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = 1});
  puts("ready");
  fflush(stdout);

  for (;;) {
    int64_t time = now(), next = INT64_MAX;
    struct pollfd polled[PORTS_MAX];
    for (size_t i = 0; i < port_count; i++) {
      Port *port = &ports[i];
      while (port->count > 0 && port->queue[port->first].due <= time) {
        Frame *frame = &port->queue[port->first];
        // An interface that is down, or out of memory, loses the frame, as a real one does.
        if (write(port->file, frame->bytes, frame->byte_count) < 0 && errno == EINTR) continue;
        port->first = (port->first + 1) % QUEUE_LENGTH;
        port->count--;
      }
    }
    for (size_t i = 0; i < port_count; i++) {
      Port *port = &ports[i];
      if (port->held->byte_count == 0 && port->sent <= time) {
        ssize_t byte_count = read(port->file, port->held->bytes, FRAME_BYTES);
        if (byte_count >= (ssize_t)sizeof(struct virtio_net_hdr) + 14) {
          port->held->byte_count = byte_count;
          memcpy(port->address, port->held->bytes + sizeof(struct virtio_net_hdr) + ADDRESS_BYTES, ADDRESS_BYTES);
        }
      }
      if (port->held->byte_count > 0) forward(port);
    }
    for (size_t i = 0; i < port_count; i++) {
      Port *port = &ports[i];
      if (port->count > 0 && port->queue[port->first].due < next) next = port->queue[port->first].due;
      int waits = port->held->byte_count == 0 && port->sent <= time;
      if (port->held->byte_count == 0 && !waits && port->sent < next) next = port->sent;
      polled[i] = (struct pollfd){.fd = waits ? port->file : -1, .events = POLLIN};
    }
    struct timespec timeout = {0, 0};
    time = now();
    if (next > time) timeout = (struct timespec){(next - time) / 1000000000, (next - time) % 1000000000};
    check(ppoll(polled, port_count, next == INT64_MAX ? NULL : &timeout, NULL) >= 0 || errno == EINTR, "poll");
  }
}
