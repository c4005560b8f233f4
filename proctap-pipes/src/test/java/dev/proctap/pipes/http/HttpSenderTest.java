package dev.proctap.pipes.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real servers that misbehave: what may help is tried again, what does not is told, and no secret is. */
class HttpSenderTest {

    private static final RetryPolicy FAST = RetryPolicy.DEFAULTS.withFirstPause(Duration.ofMillis(1))
            .withLongestPause(Duration.ofMillis(5)).withTimeout(Duration.ofSeconds(5));
    private static final String SECRET = "sk-very-secret";

    private final BadServer server = BadServer.start();

    @AfterEach
    void stop() {
        server.close();
    }

    private static HttpSender.Request request(URI uri) {
        return new HttpSender.Request("POST", uri, Map.of("Authorization", "Bearer " + SECRET),
                "body".getBytes(StandardCharsets.UTF_8));
    }

    private static String send(RetryPolicy policy, URI uri) throws DeliveryException, InterruptedException {
        try (HttpSender sender = new HttpSender(policy, List.of(SECRET))) {
            return sender.send(request(uri)).text();
        }
    }

    private static DeliveryException failure(RetryPolicy policy, URI uri) throws InterruptedException {
        try {
            send(policy, uri);
        } catch (DeliveryException e) {
            assertThat(e.getMessage()).doesNotContain(SECRET).doesNotContain("?key=");
            return e;
        }
        throw new AssertionError("it succeeded");
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 425, 429, 500, 502, 503, 504, 599})
    void aBusyServerIsAskedAgain(int status) throws DeliveryException, InterruptedException {
        server.then(BadServer.with(status, "busy")).then(BadServer.with(status, "busy"))
                .then(BadServer.with(200, "done"));
        assertThat(send(FAST, server.uri("/"))).isEqualTo("done");
        assertThat(server.requests()).hasSize(3).allSatisfy(got -> assertThat(got.text()).isEqualTo("body"));
    }

    @Test
    void attemptsAreCounted() throws InterruptedException {
        server.usually(BadServer.with(503, "no"));
        DeliveryException failure = failure(FAST.withAttempts(4), server.uri("/hook?key=" + SECRET));
        assertThat(failure.kind()).isEqualTo(DeliveryException.Kind.LATER);
        assertThat(failure).hasMessage("http://127.0.0.1:" + server.port() + " answers with status 503: no");
        assertThat(server.requests()).hasSize(4);
    }

    @Test
    void retryAfterIsWaitedForInSecondsAndAsADate() throws DeliveryException, InterruptedException {
        String soon = DateTimeFormatter.RFC_1123_DATE_TIME
                .format(Instant.now().plusSeconds(2).atOffset(ZoneOffset.UTC));
        server.then(BadServer.with(429, "", "Retry-After", "1")).then(BadServer.with(503, "", "Retry-After", soon))
                .then(BadServer.with(200, "done"));
        long before = System.nanoTime();
        assertThat(send(FAST, server.uri("/"))).isEqualTo("done");
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThan(Duration.ofSeconds(1));
    }

    @Test
    void aRetryAfterOfDaysIsNotWaitedFor() {
        DeliveryException failure = new DeliveryException(DeliveryException.Kind.LATER, "later", null,
                Duration.ofDays(3));
        assertThat(RetryPolicy.DEFAULTS.pause(1, failure)).isEqualTo(Duration.ofMinutes(5));
    }

    @Test
    void pausesGrowAndStayBelowTheLongest() {
        DeliveryException failure = new DeliveryException(DeliveryException.Kind.LATER, "later", null, null);
        for (int attempt = 1; attempt < 100; attempt++) {
            double most = Math.min(500 * Math.pow(2, attempt - 1), 30_000);
            assertThat((double) RetryPolicy.DEFAULTS.pause(attempt, failure).toMillis()).isBetween(most / 2 - 1, most);
        }
    }

    @Test
    void aServerThatNeverAnswersIsGivenUpInTime() throws InterruptedException {
        server.usually(server.hang());
        DeliveryException failure = failure(FAST.withTimeout(Duration.ofMillis(200)).withAttempts(2), server.uri("/"));
        assertThat(failure.kind()).isEqualTo(DeliveryException.Kind.LATER);
        assertThat(failure).hasMessageContaining("does not answer within 0.2 s");
        assertThat(server.requests()).hasSize(2);
    }

    @Test
    void aBodyThatNeverEndsIsGivenUpInTime() throws InterruptedException {
        server.usually(server.hangAfter("{\"begin"));
        DeliveryException failure = failure(FAST.withTimeout(Duration.ofMillis(200)).withAttempts(1), server.uri("/"));
        assertThat(failure).hasMessageContaining("does not answer within 0.2 s");
    }

    @Test
    void aCutConnectionIsTriedAgain() throws DeliveryException, InterruptedException {
        server.then(BadServer.cut("half")).then(BadServer.with(200, "whole"));
        assertThat(send(FAST, server.uri("/"))).isEqualTo("whole");
    }

    @Test
    void nobodyAtTheAddress() throws InterruptedException {
        URI gone = server.uri("/");
        server.close();
        DeliveryException failure = failure(FAST.withAttempts(2), gone);
        assertThat(failure.kind()).isEqualTo(DeliveryException.Kind.LATER);
        assertThat(failure).hasMessageContaining("cannot be reached");
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403, 404, 410})
    void whatIsDeniedIsNotTriedAgain(int status) throws InterruptedException {
        server.usually(BadServer.with(status, "wrong key " + SECRET));
        DeliveryException failure = failure(FAST, server.uri("/"));
        assertThat(failure.kind()).isEqualTo(DeliveryException.Kind.DENIED);
        assertThat(failure).hasMessageContaining("wrong key ***");
        assertThat(server.requests()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 413, 422})
    void whatIsRefusedIsNotTriedAgain(int status) throws InterruptedException {
        server.usually(BadServer.with(status, ""));
        assertThat(failure(FAST, server.uri("/")).kind()).isEqualTo(DeliveryException.Kind.REFUSED);
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void redirectsThatKeepTheMethodAreFollowedOnTheSameServer() throws DeliveryException, InterruptedException {
        server.then(BadServer.with(308, "", "Location", "/elsewhere")).then(BadServer.with(200, "there"));
        assertThat(send(FAST, server.uri("/"))).isEqualTo("there");
        assertThat(server.requests().get(1).path()).isEqualTo("/elsewhere");
        assertThat(server.requests().get(1).method()).isEqualTo("POST");
        assertThat(server.requests().get(1).text()).isEqualTo("body");
    }

    @Test
    void aKeyDoesNotGoToAnotherServer() throws InterruptedException {
        try (BadServer other = BadServer.start()) {
            server.usually(BadServer.with(307, "", "Location", other.uri("/").toString()));
            assertThat(failure(FAST, server.uri("/"))).hasMessageContaining("sends us to another address");
            assertThat(other.requests()).isEmpty();
        }
    }

    @Test
    void aRedirectThatWouldLoseTheBodyAndALoopAreNotFollowed() throws InterruptedException {
        server.then(BadServer.with(302, "", "Location", "/elsewhere"));
        assertThat(failure(FAST, server.uri("/")).kind()).isEqualTo(DeliveryException.Kind.DENIED);
        server.usually(BadServer.with(307, "", "Location", "/"));
        assertThat(failure(FAST, server.uri("/"))).hasMessageContaining("status 307");
        assertThat(server.requests()).hasSize(1 + 4);
    }

    @Test
    void anUnknownCertificateIsToldAndNothingIsSent(@TempDir Path folder) throws InterruptedException {
        try (BadServer https = BadServer.startWithUnknownCertificate(folder)) {
            DeliveryException failure = failure(FAST, https.uri("/"));
            assertThat(failure.kind()).isEqualTo(DeliveryException.Kind.DENIED);
            assertThat(failure).hasMessageContaining("cannot be spoken to safely").hasMessageContaining("trust store");
            assertThat(https.requests()).isEmpty();
        }
    }

    @Test
    void linesComeAsTheyAreSent() throws DeliveryException, InterruptedException {
        server.then(BadServer.with(500, "busy")).then(BadServer.with(200, "one\ntwo\nthree\n"));
        List<String> lines = new ArrayList<>();
        try (HttpSender sender = new HttpSender(FAST, List.of())) {
            sender.sendForLines(request(server.uri("/")), lines::add);
        }
        assertThat(lines).containsExactly("one", "two", "three");
    }

    @Test
    void linesThatStopInTheMiddleAreNotAskedForAgain() {
        server.then(server.hangAfter("one\n"));
        List<String> lines = new ArrayList<>();
        try (HttpSender sender = new HttpSender(FAST.withTimeout(Duration.ofMillis(300)), List.of())) {
            assertThatThrownBy(() -> sender.sendForLines(request(server.uri("/")), lines::add))
                    .isInstanceOf(DeliveryException.class).hasMessageContaining("says nothing for 0.3 s")
                    .hasMessageContaining("in the middle");
        }
        assertThat(lines).containsExactly("one");
        assertThat(server.requests()).hasSize(1);
    }
}
