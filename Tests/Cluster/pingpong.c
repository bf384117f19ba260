// Measures the network between ranks: the round trip of 8 bytes between ranks 0 and 1, the rate of large messages from
// one to the other and of both at once, and the time of a sum over all ranks. Prints a line of each.
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

enum { TRIPS = 1000, MESSAGES = 20, MESSAGE_BYTES = 4 << 20, SUM_COUNT = 1 << 20 };

int main(int count, char **arguments) {
  MPI_Init(&count, &arguments);
  int rank, size, length;
  char name[MPI_MAX_PROCESSOR_NAME];
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  MPI_Get_processor_name(name, &length);
  printf("rank %d of %d on %s\n", rank, size, name);
  fflush(stdout);
  MPI_Barrier(MPI_COMM_WORLD);

  char *sent = calloc(1, MESSAGE_BYTES), *received = calloc(1, MESSAGE_BYTES);
  if (size > 1 && rank < 2) {
    int other = 1 - rank;
    static double seconds[TRIPS];
    for (int trip = 0; trip < TRIPS; trip++) {
      double start = MPI_Wtime();
      if (rank == 0) MPI_Send(sent, 8, MPI_BYTE, other, 0, MPI_COMM_WORLD);
      MPI_Recv(received, 8, MPI_BYTE, other, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
      if (rank == 1) MPI_Send(sent, 8, MPI_BYTE, other, 0, MPI_COMM_WORLD);
      seconds[trip] = MPI_Wtime() - start;
    }
    qsort(seconds, TRIPS, sizeof *seconds, compare);
    if (rank == 0)
      printf("round trip: median %.0f us, 10th percentile %.0f us, 90th %.0f us\n", seconds[TRIPS / 2] * 1e6,
             seconds[TRIPS / 10] * 1e6, seconds[TRIPS * 9 / 10] * 1e6);

    double start = MPI_Wtime();
    for (int message = 0; message < MESSAGES; message++) {
      if (rank == 0) MPI_Send(sent, MESSAGE_BYTES, MPI_BYTE, other, 1, MPI_COMM_WORLD);
      if (rank == 1) MPI_Recv(received, MESSAGE_BYTES, MPI_BYTE, other, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    }
    // Until an answer: what is sent may still be on its way.
    if (rank == 1) MPI_Send(sent, 1, MPI_BYTE, other, 1, MPI_COMM_WORLD);
    if (rank == 0) MPI_Recv(received, 1, MPI_BYTE, other, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    double bits = 8.0 * MESSAGES * MESSAGE_BYTES;
    if (rank == 0) printf("one direction: %.0f Mbit/s\n", bits / (MPI_Wtime() - start) / 1e6);

    start = MPI_Wtime();
    for (int message = 0; message < MESSAGES; message++)
      MPI_Sendrecv(sent, MESSAGE_BYTES, MPI_BYTE, other, 2, received, MESSAGE_BYTES, MPI_BYTE, other, 2, MPI_COMM_WORLD,
                   MPI_STATUS_IGNORE);
    if (rank == 0) printf("both directions: %.0f Mbit/s in each\n", bits / (MPI_Wtime() - start) / 1e6);
  }
  MPI_Barrier(MPI_COMM_WORLD);

  float *values = calloc(SUM_COUNT, sizeof *values), *sums = calloc(SUM_COUNT, sizeof *sums);
  for (int i = 0; i < SUM_COUNT; i++) values[i] = rank;
  double start = MPI_Wtime();
  MPI_Allreduce(values, sums, SUM_COUNT, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
  double seconds = MPI_Wtime() - start;
  if (sums[SUM_COUNT - 1] != size * (size - 1) / 2) {
    fprintf(stderr, "rank %d: wrong sum\n", rank);
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
  if (rank == 0) printf("sum of %d floats of each rank: %.1f ms\n", SUM_COUNT, seconds * 1e3);
  MPI_Finalize();
}
