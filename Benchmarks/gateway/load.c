/*
 * The client of the gateway's benchmark: HTTP/1.1 over TLS 1.3 with a client certificate, which wrk and
 * h2load cannot show. One thread, one epoll; every server gets the same requests from it.
 *
 *   load saturate   a closed loop: each connection sends when it has its answer
 *   load rate       an open loop: requests are due at fixed times, and latency counts from when they were
 *                   due, so that a server that stalls pays for all that had to wait meanwhile
 *   load handshakes each request over a connection of its own, without resumption
 *   load download   one large answer
 *   load idle       holds connections that each made one request until its input ends
 *
 * Prints one JSON object a line. Any answer that is not what it should be makes the run fail: a server that
 * refuses is fast.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

typedef unsigned long long llu;

enum mode { SATURATE, RATE, HANDSHAKES, DOWNLOAD, IDLE };
enum { BUFFER = 32768, MAX_HEAD = 16384, MAX_ERRORS = 100, MAX_WATCHED = 64, OPENING_AT_ONCE = 64 };

static void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
static void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(2);
}

static uint64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* ---- what was asked for ---- */

static struct {
    enum mode mode;
    int port, connections;
    double seconds, warm_up, rate;
    /* Bytes of the body of every right answer; -1: as many as the first answer had. */
    int64_t body;
    const char *ca, *certificate, *key, *tokens, *path;
    int watched[MAX_WATCHED], watched_count;
} options = {.connections = 64, .seconds = 4, .warm_up = 1, .body = -1, .path = "/"};

struct request {
    char *bytes;
    size_t length;
};
static struct request *requests;
static size_t request_count;
static uint64_t next_request;

static void add_request(const char *token) {
    static size_t room;
    if (request_count == room) {
        room = room ? room * 2 : 256;
        requests = realloc(requests, room * sizeof *requests);
        if (!requests) die("out of memory");
    }
    struct request *request = &requests[request_count++];
    int length = asprintf(&request->bytes,
                          "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s%s%sAccept: text/csv\r\n\r\n",
                          options.path, options.port, token ? "Authorization: Bearer " : "",
                          token ? token : "", token ? "\r\n" : "");
    if (length < 0) die("out of memory");
    request->length = (size_t)length;
}

static void make_requests(void) {
    if (!options.tokens) {
        add_request(NULL);
        return;
    }
    FILE *file = fopen(options.tokens, "r");
    if (!file) die("%s: %s", options.tokens, strerror(errno));
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    while ((length = getline(&line, &room, file)) > 0) {
        if (line[length - 1] == '\n') line[--length] = 0;
        if (length > 0) add_request(line);
    }
    free(line);
    fclose(file);
    if (request_count == 0) die("%s holds no token", options.tokens);
}

/* ---- latencies: 128 steps to each power of two, so within 0.8 %; nanoseconds ---- */

static uint64_t counts[64 * 128], counted;

static size_t step_of(uint64_t value) {
    if (value < 128) return value;
    int exponent = 63 - __builtin_clzll(value);
    return (size_t)(exponent - 6) * 128 + ((value >> (exponent - 7)) & 127);
}

static double value_of(size_t step) {
    if (step < 128) return (double)step;
    int exponent = (int)(step / 128) + 6;
    return ((double)(128 + step % 128) + 0.5) * (double)(1ull << (exponent - 7));
}

static void record(uint64_t nanoseconds) {
    counts[step_of(nanoseconds)]++;
    counted++;
}

static double percentile_ms(double share) {
    uint64_t seen = 0, wanted = (uint64_t)(share * (double)counted);
    for (size_t step = 0; step < sizeof counts / sizeof *counts; step++)
        if ((seen += counts[step]) > wanted) return value_of(step) / 1e6;
    for (size_t step = sizeof counts / sizeof *counts; step-- > 0;)
        if (counts[step]) return value_of(step) / 1e6;
    return 0;
}

/* ---- CPU that the server's processes took, in ticks, and this one ---- */

static double server_cpu(void) {
    double ticks = 0;
    for (int index = 0; index < options.watched_count; index++) {
        char name[64], content[1024];
        snprintf(name, sizeof name, "/proc/%d/stat", options.watched[index]);
        int file = open(name, O_RDONLY | O_CLOEXEC);
        ssize_t length = file < 0 ? -1 : read(file, content, sizeof content - 1);
        if (length <= 0) die("process %d of the server is gone", options.watched[index]);
        close(file);
        content[length] = 0;
        unsigned long user, system;
        char *rest = strrchr(content, ')');
        if (!rest ||
            sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
            die("%s cannot be read", name);
        ticks += (double)(user + system);
    }
    return ticks / (double)sysconf(_SC_CLK_TCK);
}

static double own_cpu(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* ---- connections ---- */

enum state { CLOSED, CONNECTING, SHAKING, FREE, SENDING, RECEIVING };
enum part { HEAD, LENGTH_BODY, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILERS, DONE };

struct connection {
    int fd;
    SSL *ssl;
    enum state state;
    bool wants_write;
    const struct request *request;
    uint64_t began;
    /* The answer so far: bytes that are not used up yet, in what part they are, what is left of it. */
    char *buffer;
    size_t filled;
    enum part part;
    uint64_t left, body;
    bool closes;
};

static SSL_CTX *context;
static int poller;
static struct connection *connections;
static struct sockaddr_in address;
static uint64_t errors, opened, answers, received;
static int opening;
static char first_error[512];
static bool measuring;

/* Connections that wait for something to send, first in, first out, so that all are used. */
static struct connection **waiting;
static size_t waiting_first, waiting_count;

static void put_waiting(struct connection *connection) {
    waiting[(waiting_first + waiting_count++) % (size_t)options.connections] = connection;
}

static struct connection *take_waiting(void) {
    struct connection *connection = waiting[waiting_first];
    waiting_first = (waiting_first + 1) % (size_t)options.connections;
    waiting_count--;
    return connection;
}

static void fault(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void fault(const char *format, ...) {
    if (errors++ == 0) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(first_error, sizeof first_error, format, arguments);
        va_end(arguments);
    }
    if (errors >= MAX_ERRORS) die("%llu errors; the first: %s", (llu)errors, first_error);
}

static void listen_for(struct connection *connection, bool write) {
    if (connection->wants_write == write) return;
    connection->wants_write = write;
    struct epoll_event event = {.events = EPOLLIN | (write ? EPOLLOUT : 0), .data.ptr = connection};
    epoll_ctl(poller, EPOLL_CTL_MOD, connection->fd, &event);
}

static void open_connection(struct connection *connection) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), yes = 1;
    if (fd < 0) die("socket: %s", strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    connection->fd = fd;
    connection->ssl = SSL_new(context);
    if (!connection->ssl || !SSL_set_fd(connection->ssl, fd)) die("out of memory");
    SSL_set_connect_state(connection->ssl);
    connection->state = CONNECTING;
    connection->wants_write = true;
    connection->filled = 0;
    connection->part = HEAD;
    connection->began = now_ns();
    if (!connection->buffer && !(connection->buffer = malloc(BUFFER))) die("out of memory");
    opening++;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS)
        die("connect to port %d: %s", options.port, strerror(errno));
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = connection};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0) die("epoll: %s", strerror(errno));
}

static void close_connection(struct connection *connection) {
    if (connection->state == CONNECTING || connection->state == SHAKING) opening--;
    SSL_free(connection->ssl);
    close(connection->fd);
    connection->ssl = NULL;
    connection->state = CLOSED;
}

/* A connection that broke is an error; another takes its place, so that the load stays what it should be. */
static void broken(struct connection *connection, const char *what) {
    unsigned long code = ERR_get_error();
    char cause[256] = "the server closed it";
    if (code) ERR_error_string_n(code, cause, sizeof cause);
    else if (errno) snprintf(cause, sizeof cause, "%s", strerror(errno));
    ERR_clear_error();
    fault("a connection broke while %s: %s", what, cause);
    close_connection(connection);
    open_connection(connection);
}

/* Goes on with sending; false when the connection broke. */
static bool send_more(struct connection *connection) {
    errno = 0;
    int sent = SSL_write(connection->ssl, connection->request->bytes, (int)connection->request->length);
    if (sent > 0) {
        listen_for(connection, false);
        connection->state = RECEIVING;
        return true;
    }
    switch (SSL_get_error(connection->ssl, sent)) {
    case SSL_ERROR_WANT_WRITE: listen_for(connection, true); return true;
    case SSL_ERROR_WANT_READ: listen_for(connection, false); return true;
    default: broken(connection, "a request was sent"); return false;
    }
}

static void send_request(struct connection *connection, uint64_t began) {
    connection->request = &requests[next_request++ % request_count];
    connection->began = began;
    connection->state = SENDING;
    connection->part = HEAD;
    connection->body = 0;
    connection->filled = 0;
    send_more(connection);
}

/* ---- answers ---- */

/* Reads status line and fields; what is wrong with them, or NULL. */
static const char *read_head(struct connection *connection, const char *head, size_t length) {
    static char why[256];
    bool chunked = false, has_length = false;
    if (length < 15 || memcmp(head, "HTTP/1.1 ", 9) != 0) return "no HTTP/1.1";
    if (memcmp(head + 9, "200", 3) != 0) {
        snprintf(why, sizeof why, "status %.3s", head + 9);
        return why;
    }
    connection->closes = false;
    const char *line = memchr(head, '\n', length), *end = head + length;
    while (line && ++line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        switch (*line | 32) {
        case 'c':
            if (strncasecmp(line, "content-length:", 15) == 0) {
                has_length = true;
                connection->left = strtoull(line + 15, NULL, 10);
            } else if (strncasecmp(line, "connection: close", 17) == 0) {
                connection->closes = true;
            }
            break;
        case 't':
            if (strncasecmp(line, "transfer-encoding: chunked", 26) == 0) chunked = true;
            break;
        }
        line = stop;
    }
    if (chunked == has_length) return "neither a length nor chunks, or both";
    connection->part = chunked ? CHUNK_SIZE : connection->left ? LENGTH_BODY : DONE;
    if (has_length) connection->body = connection->left;
    return NULL;
}

/* Uses up what is in the buffer; what is wrong with it, or NULL. */
static const char *parse(struct connection *connection) {
    char *at = connection->buffer, *end = at + connection->filled;
    while (connection->part != DONE) {
        size_t there = (size_t)(end - at);
        if (connection->part == HEAD) {
            char *stop = memmem(at, there, "\r\n\r\n", 4);
            if (!stop && there > MAX_HEAD) return "endless fields";
            if (!stop) break;
            const char *wrong = read_head(connection, at, (size_t)(stop + 2 - at));
            if (wrong) return wrong;
            at = stop + 4;
        } else if (connection->part == LENGTH_BODY || connection->part == CHUNK_DATA) {
            size_t taken = there < connection->left ? there : connection->left;
            at += taken;
            connection->left -= taken;
            if (connection->left) break;
            connection->part = connection->part == CHUNK_DATA ? CHUNK_END : DONE;
        } else {
            char *stop = memmem(at, there, "\r\n", 2);
            if (!stop && there > MAX_HEAD) return "an endless line";
            if (!stop) break;
            if (connection->part == CHUNK_SIZE) {
                char *after;
                connection->left = strtoull(at, &after, 16);
                if (after == at || (*after != '\r' && *after != ';')) return "a chunk without a size";
                connection->body += connection->left;
                connection->part = connection->left ? CHUNK_DATA : TRAILERS;
            } else if (connection->part == CHUNK_END) {
                if (stop != at) return "a chunk that is longer than its size";
                connection->part = CHUNK_SIZE;
            } else if (stop == at) {
                connection->part = DONE;
            }
            at = stop + 2;
        }
    }
    connection->filled = (size_t)(end - at);
    if (connection->filled && at != connection->buffer) memmove(connection->buffer, at, connection->filled);
    if (connection->part == DONE && connection->filled) return "more than one answer";
    return NULL;
}

static void finished(struct connection *connection);

static void answered(struct connection *connection) {
    if (options.body < 0) options.body = (int64_t)connection->body;
    if (connection->body != (uint64_t)options.body)
        fault("a body of %llu bytes, not %lld", (llu)connection->body, (long long)options.body);
    answers++;
    if (measuring) record(now_ns() - connection->began);
    connection->state = FREE;
    finished(connection);
}

static void receive(struct connection *connection) {
    while (connection->state == RECEIVING) {
        errno = 0;
        int count = SSL_read(connection->ssl, connection->buffer + connection->filled,
                             (int)(BUFFER - connection->filled));
        if (count <= 0) {
            if (SSL_get_error(connection->ssl, count) != SSL_ERROR_WANT_READ)
                broken(connection, "an answer was awaited");
            return;
        }
        received += (uint64_t)count;
        connection->filled += (size_t)count;
        const char *wrong = parse(connection);
        if (wrong) {
            fault("a wrong answer: %s", wrong);
            close_connection(connection);
            open_connection(connection);
            return;
        }
        if (connection->part == DONE) {
            answered(connection);
            return;
        }
    }
}

/* ---- what a connection does next ---- */

static bool sending = true;

static void finished(struct connection *connection) {
    switch (options.mode) {
    case SATURATE:
        if (sending) send_request(connection, now_ns());
        break;
    case RATE: put_waiting(connection); break;
    case HANDSHAKES:
        SSL_shutdown(connection->ssl);
        close_connection(connection);
        if (sending) open_connection(connection);
        break;
    case DOWNLOAD: break;
    case IDLE:
        free(connection->buffer);
        connection->buffer = NULL;
        break;
    }
}

static void opened_connection(struct connection *connection) {
    opening--;
    opened++;
    listen_for(connection, false);
    connection->state = FREE;
    if (options.mode == HANDSHAKES || options.mode == IDLE) send_request(connection, connection->began);
}

static void shake(struct connection *connection) {
    connection->state = SHAKING;
    errno = 0;
    int done = SSL_do_handshake(connection->ssl);
    if (done == 1) {
        opened_connection(connection);
        return;
    }
    switch (SSL_get_error(connection->ssl, done)) {
    case SSL_ERROR_WANT_READ: listen_for(connection, false); break;
    case SSL_ERROR_WANT_WRITE: listen_for(connection, true); break;
    default: broken(connection, "it shook hands");
    }
}

static void handle(struct connection *connection) {
    switch (connection->state) {
    case CONNECTING:
    case SHAKING: shake(connection); break;
    case SENDING: send_more(connection); break;
    case RECEIVING: receive(connection); break;
    case FREE: {
        /* Nothing is due, so either a message of TLS itself, or the server hung up. */
        char byte;
        errno = 0;
        int count = SSL_read(connection->ssl, &byte, 1);
        if (count > 0) fault("an answer that nobody asked for");
        else if (SSL_get_error(connection->ssl, count) != SSL_ERROR_WANT_READ)
            broken(connection, "nothing was due");
        break;
    }
    case CLOSED: break;
    }
}

static void wait_until(uint64_t until) {
    struct epoll_event events[128];
    uint64_t now = now_ns(), wait = until > now ? until - now : 0;
    struct timespec timeout = {.tv_sec = (time_t)(wait / 1000000000u), .tv_nsec = (long)(wait % 1000000000u)};
    int count = epoll_pwait2(poller, events, 128, &timeout, NULL);
    if (count < 0 && errno != EINTR) die("epoll: %s", strerror(errno));
    for (int index = 0; index < count; index++) handle(events[index].data.ptr);
}

/* ---- modes ---- */

static void open_all(void) {
    uint64_t limit = now_ns() + 60000000000ull + 20000000ull * (uint64_t)options.connections;
    int begun = 0;
    for (;;) {
        while (begun < options.connections && opening < OPENING_AT_ONCE)
            open_connection(&connections[begun++]);
        bool all = begun == options.connections;
        for (int index = 0; all && index < begun; index++) all = connections[index].state == FREE;
        if (all) return;
        if (now_ns() > limit) die("connections do not open: %llu of %d did", (llu)opened, options.connections);
        wait_until(now_ns() + 10000000u);
    }
}

static struct {
    uint64_t began, ended, answers;
    double server, own;
} measured;

static void begin_measuring(void) {
    answers = 0;
    received = 0;
    measured.server = server_cpu();
    measured.own = own_cpu();
    measured.began = now_ns();
    measuring = true;
}

static void end_measuring(void) {
    measuring = false;
    measured.ended = now_ns();
    measured.answers = answers;
    measured.server = server_cpu() - measured.server;
    measured.own = own_cpu() - measured.own;
}

static int report(void) {
    double seconds = (double)(measured.ended - measured.began) / 1e9;
    double each = measured.answers ? 1e6 / (double)measured.answers : 0;
    printf("{\"answers\": %llu, \"seconds\": %.6f, \"per_s\": %.1f, \"body\": %lld, \"received\": %llu, "
           "\"p50_ms\": %.4f, \"p99_ms\": %.4f, \"p999_ms\": %.4f, \"max_ms\": %.4f, \"server_cpu_s\": %.3f, "
           "\"server_cpu_us\": %.3f, \"client_cpu_us\": %.3f, \"client_busy\": %.3f, \"errors\": %llu}\n",
           (llu)measured.answers, seconds, (double)measured.answers / seconds, (long long)options.body,
           (llu)received, percentile_ms(0.5), percentile_ms(0.99), percentile_ms(0.999),
           percentile_ms(1), measured.server, measured.server * each, measured.own * each,
           measured.own / seconds, (llu)errors);
    if (errors) fprintf(stderr, "load: %llu errors; the first: %s\n", (llu)errors, first_error);
    else if (!measured.answers) fprintf(stderr, "load: no answer came\n");
    return errors || !measured.answers ? 1 : 0;
}

static uint64_t nanoseconds(double seconds) { return (uint64_t)(seconds * 1e9); }

/* For both loops that keep connections busy by themselves. */
static void run_closed(void) {
    uint64_t border = now_ns() + nanoseconds(options.warm_up);
    while (now_ns() < border) wait_until(border);
    begin_measuring();
    border = measured.began + nanoseconds(options.seconds);
    while (now_ns() < border) wait_until(border);
    end_measuring();
}

static int saturate(void) {
    open_all();
    for (int index = 0; index < options.connections; index++) send_request(&connections[index], now_ns());
    run_closed();
    return report();
}

static int handshakes(void) {
    for (int index = 0; index < options.connections; index++) open_connection(&connections[index]);
    run_closed();
    return report();
}

static int paced(void) {
    open_all();
    for (int index = 0; index < options.connections; index++) put_waiting(&connections[index]);
    double interval = 1e9 / options.rate;
    uint64_t zero = now_ns(), sent = 0, in_warm_up = (uint64_t)(options.warm_up * options.rate);
    uint64_t all = in_warm_up + (uint64_t)(options.seconds * options.rate);
    /* Requests that were due in the measured time are recorded, however late they end. */
    uint64_t limit = zero + nanoseconds(options.warm_up + options.seconds + 10);
    while (sent < all || waiting_count < (size_t)options.connections) {
        uint64_t now = now_ns(), due = zero + (uint64_t)((double)sent * interval);
        if (now > limit)
            die("ten seconds after the last request was due answers are still missing%s%s",
                errors ? "; " : "", first_error);
        if (sent == in_warm_up && !measuring && now >= due) begin_measuring();
        if (sent < all && due <= now && waiting_count) {
            send_request(take_waiting(), due);
            sent++;
            continue;
        }
        wait_until(sent < all && waiting_count ? due : now + 1000000u);
    }
    end_measuring();
    return report();
}

static int download(void) {
    options.connections = 1;
    open_all();
    begin_measuring();
    send_request(&connections[0], now_ns());
    uint64_t limit = now_ns() + 600000000000ull;
    while (answers == 0 && !errors && now_ns() < limit) wait_until(limit);
    end_measuring();
    return report();
}

static int idle(void) {
    open_all();
    printf("{\"held\": %d}\n", options.connections);
    fflush(stdout);
    char byte;
    while (read(0, &byte, 1) > 0) {}
    uint64_t closed = 0;
    for (int index = 0; index < options.connections; index++) {
        ssize_t count = recv(connections[index].fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        if (count >= 0 || errno != EAGAIN) closed++;
    }
    printf("{\"closed\": %llu, \"errors\": %llu}\n", (llu)closed, (llu)errors);
    if (errors) fprintf(stderr, "load: %llu errors; the first: %s\n", (llu)errors, first_error);
    if (closed) fprintf(stderr, "load: the server closed %llu idle connections\n", (llu)closed);
    return errors || closed ? 1 : 0;
}

/* ---- set-up ---- */

static void make_context(void) {
    context = SSL_CTX_new(TLS_client_method());
    if (!context) die("OpenSSL does not start");
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    /* One way for every server: the same cipher and the same key exchange. */
    if (!SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") ||
        !SSL_CTX_set1_groups_list(context, "X25519"))
        die("OpenSSL lacks the cipher or the group");
    SSL_CTX_set_mode(context, SSL_MODE_AUTO_RETRY | SSL_MODE_RELEASE_BUFFERS);
    /* One read of the socket an answer, not two a record: the client must not be what is measured. */
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, options.mode == DOWNLOAD ? 262144 : 20480);
    if (!options.ca || !SSL_CTX_load_verify_locations(context, options.ca, NULL)) die("--ca cannot be read");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    if (options.certificate && (!SSL_CTX_use_certificate_chain_file(context, options.certificate) ||
                                !SSL_CTX_use_PrivateKey_file(context, options.key, SSL_FILETYPE_PEM)))
        die("--certificate or --key cannot be read");
}

static void watch(char *list) {
    for (char *rest = NULL, *each = strtok_r(list, ",", &rest); each; each = strtok_r(NULL, ",", &rest)) {
        if (options.watched_count == MAX_WATCHED) die("too many processes to watch");
        options.watched[options.watched_count++] = atoi(each);
    }
}

static void read_options(int count, char **arguments) {
    static const char *const modes[] = {"saturate", "rate", "handshakes", "download", "idle"};
    static const struct option known[] = {
        {"port", 1, 0, 'p'},    {"ca", 1, 0, 'a'},     {"certificate", 1, 0, 'c'}, {"key", 1, 0, 'k'},
        {"tokens", 1, 0, 't'},  {"path", 1, 0, 'u'},   {"connections", 1, 0, 'n'}, {"seconds", 1, 0, 's'},
        {"warm-up", 1, 0, 'w'}, {"rate", 1, 0, 'r'},   {"body", 1, 0, 'b'},        {"watch", 1, 0, 'x'},
        {0, 0, 0, 0}};
    static const char usage[] =
        "usage: load saturate|rate|handshakes|download|idle --port N --ca FILE --certificate FILE --key FILE "
        "[--tokens FILE] [--path P] [--connections N] [--seconds S] [--warm-up S] [--rate R] [--body BYTES] "
        "[--watch PID,...]";
    bool found = false;
    for (int mode = 0; count > 1 && mode < 5; mode++)
        if (strcmp(arguments[1], modes[mode]) == 0) options.mode = (enum mode)mode, found = true;
    if (!found) die("%s", usage);
    optind = 2;
    for (int option; (option = getopt_long(count, arguments, "", known, NULL)) != -1;) {
        switch (option) {
        case 'p': options.port = atoi(optarg); break;
        case 'a': options.ca = optarg; break;
        case 'c': options.certificate = optarg; break;
        case 'k': options.key = optarg; break;
        case 't': options.tokens = optarg; break;
        case 'u': options.path = optarg; break;
        case 'n': options.connections = atoi(optarg); break;
        case 's': options.seconds = atof(optarg); break;
        case 'w': options.warm_up = atof(optarg); break;
        case 'r': options.rate = atof(optarg); break;
        case 'b': options.body = atoll(optarg); break;
        case 'x': watch(optarg); break;
        default: die("%s", usage);
        }
    }
    if (!options.port || optind != count || options.connections < 1 || options.connections > 60000 ||
        !options.certificate != !options.key || (options.mode == RATE && options.rate <= 0))
        die("%s", usage);
}

int main(int count, char **arguments) {
    read_options(count, arguments);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < (rlim_t)options.connections + 16)
        die("no more than %llu files may be open: raise it with ulimit -n", (llu)files.rlim_cur);
    /* Requests that are due are sent to the microsecond, not when the kernel finds it convenient. */
    prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0);
    address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    make_context();
    make_requests();
    poller = epoll_create1(EPOLL_CLOEXEC);
    connections = calloc((size_t)options.connections, sizeof *connections);
    waiting = calloc((size_t)options.connections, sizeof *waiting);
    if (poller < 0 || !connections || !waiting) die("out of memory");
    switch (options.mode) {
    case SATURATE: return saturate();
    case RATE: return paced();
    case HANDSHAKES: return handshakes();
    case DOWNLOAD: return download();
    case IDLE: return idle();
    }
    return 2;
}
