package dev.proctap.pipes.webhook;

import dev.proctap.pipes.http.DeliveryException;
import dev.proctap.pipes.http.HttpSender;
import dev.proctap.pipes.http.RetryPolicy;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Sends lines, or parts with audio, to an HTTP endpoint, in order, by a thread of its own. Whoever hands them over waits for
 * the disk alone; what is on it is sent until it has arrived, by the next process if need be.
 */
public final class Webhook implements AutoCloseable {

    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(2);

    private final Settings settings;
    private final Spool spool;
    private final HttpSender sender;
    private final Consumer<String> news;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private @Nullable String trouble;
    private long delivered;
    private long rejected;

    /**
     * Where and how to send.
     *
     * @param uri
     *            may hold a secret, and is never told: its server alone is
     * @param method
     *            POST, PUT or PATCH
     * @param headers
     *            besides the usual ones
     * @param token
     *            a bearer token, null for none
     * @param hmacSecret
     *            signs each body: the header {@code hmacHeader} is {@code sha256=} and the HMAC of it in hexadecimal digits; null
     *            for no signature
     * @param batch
     *            so many lines are one message
     */
    public record Settings(URI uri, String method, Map<String, String> headers, @Nullable String token,
            @Nullable String hmacSecret, String hmacHeader, MessageFormat format, int batch, RetryPolicy retry) {

        public static final String USUAL_HMAC_HEADER = "X-Signature-256";

        /**
         * @throws IllegalArgumentException
         *             if the address is none of http or https, the method not one of the three, or the batch empty
         */
        public Settings {
            if (uri.getHost() == null || !("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
                throw new IllegalArgumentException("a webhook's address begins with http:// or https:// and a server");
            }
            if (!List.of("POST", "PUT", "PATCH").contains(method)) {
                throw new IllegalArgumentException("a webhook is sent with POST, PUT or PATCH, not " + method);
            }
            if (batch < 1) {
                throw new IllegalArgumentException("a batch has one line or more, not " + batch);
            }
            headers = Map.copyOf(headers);
        }

        // a record's own would print what must not be printed
        @Override
        public String toString() {
            return "webhook at " + uri.getHost();
        }
    }

    /**
     * Begins to send what the spool holds.
     *
     * @param spool
     *            is closed with this
     * @param news
     *            is told in a line what goes wrong, and when it is right again; on the sending thread
     */
    public Webhook(Settings settings, Spool spool, Consumer<String> news) {
        this.settings = settings;
        this.spool = spool;
        this.news = news;
        sender = new HttpSender(settings.retry().withAttempts(1), secrets(settings));
        thread = Thread.ofPlatform().daemon().name("proctap-webhook").start(this::sendAll);
    }

    private static List<String> secrets(Settings settings) {
        return List.of(settings.token() == null ? "" : settings.token(),
                settings.hmacSecret() == null ? "" : settings.hmacSecret());
    }

    /**
     * Hands over a line.
     *
     * @throws IOException
     *             if it cannot be kept on disk
     */
    public void line(String line) throws IOException {
        if (settings.batch() == 1) {
            addBodies(List.of(line), false);
        } else if (spool.addLine(line) >= settings.batch()) {
            flush();
        }
    }

    /** Sends the lines that wait for others. */
    public void flush() throws IOException {
        List<String> lines = spool.lines();
        if (!lines.isEmpty()) {
            addBodies(lines, true);
        }
    }

    private void addBodies(List<String> lines, boolean ofLines) throws IOException {
        spool.addRequests("application/json", settings.format().bodies(lines, Instant.now()).stream()
                .map(body -> body.getBytes(StandardCharsets.UTF_8)).toList(), ofLines);
    }

    /** Hands over a body of another kind, for example {@link dev.proctap.pipes.http.Multipart}. */
    public void body(String contentType, byte[] body) throws IOException {
        spool.addRequests(contentType, List.of(body), false);
    }

    private void sendAll() {
        int failures = 0;
        try {
            for (Spool.Message message; (message = spool.take()) != null;) {
                try {
                    sender.send(request(message));
                    spool.delivered(message);
                    arrived(failures > 0);
                    failures = 0;
                } catch (DeliveryException e) {
                    if (e.kind() == DeliveryException.Kind.REFUSED) {
                        Path aside = spool.rejected(message);
                        count(false);
                        news.accept(e.getMessage() + "; that message was put aside in " + aside);
                        failures = 0;
                    } else {
                        failures++;
                        failed(e, failures);
                    }
                }
            }
        } catch (InterruptedException e) {
            // closed
        } catch (IOException e) {
            news.accept("the spool " + spool.folder() + " cannot be used any more: " + e.getMessage());
        }
    }

    private HttpSender.Request request(Spool.Message message) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Content-Type", message.contentType());
        headers.put("Idempotency-Key", message.key());
        if (settings.token() != null) {
            headers.put("Authorization", "Bearer " + settings.token());
        }
        if (settings.hmacSecret() != null) {
            headers.put(settings.hmacHeader(), "sha256=" + hmac(settings.hmacSecret(), message.body()));
        }
        headers.putAll(settings.headers());
        return new HttpSender.Request(settings.method(), settings.uri(), headers, message.body());
    }

    private static String hmac(String secret, byte[] body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return HexFormat.of().formatHex(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has HmacSHA256", e);
        }
    }

    private void arrived(boolean again) {
        count(true);
        if (again) {
            news.accept("messages arrive again; " + spool.size() + " wait");
        }
    }

    private void count(boolean arrived) {
        lock.lock();
        try {
            delivered += arrived ? 1 : 0;
            rejected += arrived ? 0 : 1;
            trouble = null;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void failed(DeliveryException reason, int failures) throws InterruptedException {
        String text = String.valueOf(reason.getMessage());
        boolean known;
        lock.lock();
        try {
            known = text.equals(trouble);
            trouble = text;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (!known) {
            news.accept(text + "; it is tried again, and " + spool.size() + " messages wait in " + spool.folder());
        }
        Thread.sleep(settings.retry().pause(failures, reason));
    }

    /**
     * Waits until everything that was handed over has arrived.
     *
     * @return whether it has; otherwise it stays on disk
     */
    public boolean drain(Duration timeout) throws InterruptedException {
        long left = timeout.toNanos();
        lock.lock();
        try {
            while (spool.size() > 0 && left > 0 && thread.isAlive()) {
                left = changed.awaitNanos(left);
            }
            return spool.size() == 0;
        } finally {
            lock.unlock();
        }
    }

    /** How many messages have arrived since this was made. */
    public long delivered() {
        lock.lock();
        try {
            return delivered;
        } finally {
            lock.unlock();
        }
    }

    /** How many the server did not take. */
    public long rejected() {
        lock.lock();
        try {
            return rejected;
        } finally {
            lock.unlock();
        }
    }

    /** Ends within two seconds; what has not arrived stays on disk. */
    @Override
    public void close() throws IOException {
        thread.interrupt();
        sender.close();
        try {
            thread.join(CLOSE_PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        spool.close();
    }
}
