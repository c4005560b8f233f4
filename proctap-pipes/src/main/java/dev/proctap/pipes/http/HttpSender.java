package dev.proctap.pipes.http;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests, again and again where that may help: after a time-out, a cut connection, and the statuses 408, 425, 429 and
 * 500 to 504, with growing pauses or after what {@code Retry-After} asks for. Redirects that keep the method (307, 308) are
 * followed on the same server alone, so that a key goes nowhere else.
 *
 * <p>Safe for several threads. What is sent twice carries the same {@code Idempotency-Key}, where the caller gave one.
 */
public final class HttpSender implements AutoCloseable {

    private static final int MOST_ANSWER_BYTES = 16 << 20;
    private static final int MOST_REDIRECTS = 3;
    private static final int QUOTED_CHARACTERS = 300;
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

    private final HttpClient client = HttpClient.newBuilder().connectTimeout(CONNECT_TIMEOUT)
            .followRedirects(HttpClient.Redirect.NEVER).build();
    private final RetryPolicy policy;
    private final List<String> secrets;

    /**
     * What is to be sent.
     *
     * @param headers
     *            besides those of HTTP itself
     */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares requests
    public record Request(String method, URI uri, Map<String, String> headers, byte[] body) {}

    /** An answer that is one: of status 200 to 299. */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares answers
    public record Answer(int status, byte[] body) {

        public String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    /**
     * @param secrets
     *            what must not stand in a message, whatever a server answers
     */
    public HttpSender(RetryPolicy policy, List<String> secrets) {
        this.policy = policy;
        this.secrets = secrets.stream().filter(secret -> !secret.isEmpty()).toList();
    }

    /**
     * Sends a request until it is answered.
     *
     * @throws DeliveryException
     *             if it is not, after all attempts, or as soon as another attempt is of no use
     */
    public Answer send(Request request) throws DeliveryException, InterruptedException {
        return retrying(request, this::once);
    }

    /**
     * Sends a request whose answer comes line by line, and hands on each line as it comes. Only what fails before the first
     * line is sent again.
     */
    public void sendForLines(Request request, Consumer<String> lines) throws DeliveryException, InterruptedException {
        retrying(request, each -> {
            streamed(each, lines);
            return new Answer(200, new byte[0]);
        });
    }

    /** One attempt. */
    private interface Attempt {
        Answer send(Request request) throws DeliveryException, InterruptedException;
    }

    private Answer retrying(Request request, Attempt attempt) throws DeliveryException, InterruptedException {
        for (int count = 1;; count++) {
            try {
                return attempt.send(request);
            } catch (DeliveryException e) {
                if (e.kind() != DeliveryException.Kind.LATER || count >= policy.attempts()) {
                    throw e;
                }
                Thread.sleep(policy.pause(count, e));
            }
        }
    }

    private HttpRequest httpRequest(Request request, URI uri) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(uri).timeout(policy.timeout()).method(request.method(),
                HttpRequest.BodyPublishers.ofByteArray(request.body()));
        request.headers().forEach(builder::header);
        return builder.build();
    }

    private Answer once(Request request) throws DeliveryException, InterruptedException {
        URI uri = request.uri();
        for (int redirects = 0;; redirects++) {
            HttpResponse<byte[]> response = await(uri, client.sendAsync(httpRequest(request, uri),
                    HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofByteArray(), MOST_ANSWER_BYTES)));
            if (response.statusCode() / 100 == 2) {
                return new Answer(response.statusCode(), response.body());
            }
            URI next = redirect(uri, response);
            if (next == null || redirects == MOST_REDIRECTS) {
                throw failed(uri, response, new String(response.body(), StandardCharsets.UTF_8));
            }
            uri = next;
        }
    }

    /** Where the same request is to go instead, null where it must not. */
    private static @Nullable URI redirect(URI from, HttpResponse<?> response) {
        String location = response.headers().firstValue("location").orElse("");
        if ((response.statusCode() != 307 && response.statusCode() != 308) || location.isEmpty()) {
            return null;
        }
        try {
            URI to = from.resolve(location);
            return place(from).equals(place(to)) ? to : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private <T> HttpResponse<T> await(URI uri, CompletableFuture<HttpResponse<T>> answer)
            throws DeliveryException, InterruptedException {
        try {
            return answer.get(policy.timeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw later(uri, "does not answer within " + seconds(policy.timeout()), e);
        } catch (ExecutionException e) {
            throw of(uri, e.getCause() == null ? e : e.getCause());
        } catch (InterruptedException e) {
            answer.cancel(true);
            throw e;
        }
    }

    private DeliveryException of(URI uri, Throwable cause) {
        Throwable root = cause;
        for (Throwable next = cause; next != null; next = next.getCause()) {
            if (next instanceof SSLException) {
                return denied(uri, "cannot be spoken to safely: " + masked(String.valueOf(next.getMessage()))
                        + "; import its certificate into Java's trust store (-Djavax.net.ssl.trustStore) if you trust it",
                        cause);
            }
            root = next;
        }
        return switch (cause) {
            case java.net.http.HttpTimeoutException e ->
                later(uri, "does not answer within " + seconds(policy.timeout()), e);
            case ConnectException e -> later(uri, "cannot be reached" + because(root), e);
            case IOException e -> later(uri, "broke off" + because(root), e);
            default -> later(uri, "failed" + because(root), cause);
        };
    }

    private String because(Throwable root) {
        if (root instanceof java.nio.channels.UnresolvedAddressException) {
            return ": there is no server of that name";
        }
        String message = root.getMessage();
        return message == null || message.isBlank() ? "" : ": " + masked(message);
    }

    private static String seconds(Duration time) {
        return String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1000.0);
    }

    /** The server without path and query, in which keys may stand. */
    private static String place(URI uri) {
        return uri.getScheme() + "://" + uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort());
    }

    private static DeliveryException later(URI uri, String what, Throwable cause) {
        return new DeliveryException(DeliveryException.Kind.LATER, place(uri) + " " + what, cause, null);
    }

    private static DeliveryException denied(URI uri, String what, Throwable cause) {
        return new DeliveryException(DeliveryException.Kind.DENIED, place(uri) + " " + what, cause, null);
    }

    private DeliveryException failed(URI uri, HttpResponse<?> response, String body) {
        int status = response.statusCode();
        DeliveryException.Kind kind = switch (status) {
            case 408, 425, 429, 500, 502, 503, 504 -> DeliveryException.Kind.LATER;
            case 400, 409, 411, 413, 415, 422 -> DeliveryException.Kind.REFUSED;
            default -> status >= 500 ? DeliveryException.Kind.LATER : DeliveryException.Kind.DENIED;
        };
        String meaning = switch (status) {
            case 401, 403 -> " (the key or token is missing or not accepted)";
            case 404, 410 -> " (there is nothing at that address)";
            case 413 -> " (too large)";
            case 429 -> " (too many requests)";
            default ->
                status / 100 == 3 ? " (it sends us to another address, which is not followed: give that one)" : "";
        };
        String said = masked(body.strip().replaceAll("\\s+", " "));
        String quoted = said.length() > QUOTED_CHARACTERS ? said.substring(0, QUOTED_CHARACTERS) + "..." : said;
        return new DeliveryException(kind,
                place(uri) + " answers with status " + status + meaning + (quoted.isEmpty() ? "" : ": " + quoted), null,
                retryAfter(response));
    }

    private String masked(String text) {
        String result = text;
        for (String secret : secrets) {
            result = result.replace(secret, "***");
        }
        return result;
    }

    /** Seconds, or a date (RFC 9110, 10.2.3). */
    private static @Nullable Duration retryAfter(HttpResponse<?> response) {
        String value = response.headers().firstValue("retry-after").orElse("").strip();
        try {
            if (value.chars().allMatch(c -> c >= '0' && c <= '9') && !value.isEmpty()) {
                return Duration.ofSeconds(Long.parseLong(value));
            }
            if (!value.isEmpty()) {
                Instant until = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
                Duration left = Duration.between(Instant.now(), until);
                return left.isNegative() ? Duration.ZERO : left;
            }
        } catch (DateTimeException | ArithmeticException | NumberFormatException e) {
            // as if it were not there
        }
        return null;
    }

    /** Lines as they come; each has to come within the time-out. */
    private void streamed(Request request, Consumer<String> lines) throws DeliveryException, InterruptedException {
        LineQueue queue = new LineQueue();
        CompletableFuture<HttpResponse<Void>> answer = client.sendAsync(httpRequest(request, request.uri()), info -> {
            queue.status = info.statusCode();
            return HttpResponse.BodySubscribers.fromLineSubscriber(queue);
        });
        var _ = answer.whenComplete((response, failure) -> queue.finish());
        List<String> error = new ArrayList<>();
        boolean handedOn = false;
        while (true) {
            Optional<String> line = queue.lines.poll(policy.timeout().toMillis(), TimeUnit.MILLISECONDS);
            if (line == null) {
                answer.cancel(true);
                DeliveryException failure = later(request.uri(), "says nothing for " + seconds(policy.timeout()),
                        new TimeoutException());
                throw handedOn ? brokenOff(failure) : failure;
            }
            if (line.isEmpty()) {
                break;
            }
            if (queue.status / 100 == 2) {
                handedOn = true;
                lines.accept(line.get());
            } else if (error.size() < 100) {
                error.add(line.get());
            }
        }
        try {
            HttpResponse<Void> response = await(request.uri(), answer);
            if (response.statusCode() / 100 != 2) {
                throw failed(request.uri(), response, String.join("\n", error));
            }
        } catch (DeliveryException failure) {
            throw handedOn ? brokenOff(failure) : failure;
        }
    }

    /** What has begun is not begun again: whoever was given the beginning would be given it twice. */
    private static DeliveryException brokenOff(DeliveryException failure) {
        return new DeliveryException(DeliveryException.Kind.REFUSED,
                failure.getMessage() + ", in the middle of its answer", failure, null);
    }

    private static final class LineQueue implements Flow.Subscriber<String> {

        /** Empty is the end. */
        final BlockingQueue<Optional<String>> lines = new LinkedBlockingQueue<>();
        volatile int status;

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(String line) {
            lines.add(Optional.of(line));
        }

        @Override
        public void onError(Throwable failure) {
            // told by the answer
        }

        @Override
        public void onComplete() {
            // likewise
        }

        void finish() {
            lines.add(Optional.empty());
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
