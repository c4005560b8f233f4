package dev.proctap.pipes.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proctap.pipes.http.BadServer;
import dev.proctap.pipes.http.RetryPolicy;
import dev.proctap.testbed.Await;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Nothing is lost and nothing comes twice without its key, whatever the endpoint does and whenever we are killed. */
class WebhookTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final RetryPolicy FAST = RetryPolicy.DEFAULTS.withFirstPause(Duration.ofMillis(5))
            .withLongestPause(Duration.ofMillis(50)).withTimeout(Duration.ofSeconds(2));

    @TempDir
    private Path folder;

    private final BadServer server = BadServer.start();
    private final List<String> news = Collections.synchronizedList(new ArrayList<>());

    @AfterEach
    void stop() {
        server.close();
    }

    private Webhook.Settings settings(URI uri, int batch, MessageFormat format, @Nullable String token,
            @Nullable String hmac) {
        return new Webhook.Settings(uri, "POST", Map.of("X-Mine", "yes"), token, hmac,
                Webhook.Settings.USUAL_HMAC_HEADER, format, batch, FAST);
    }

    private Webhook webhook(int batch) throws IOException {
        return new Webhook(settings(server.uri("/hook"), batch, MessageFormat.generic(), null, null),
                new Spool(folder.resolve("spool")), news::add);
    }

    private static String text(BadServer.Got got) {
        return JsonMapper.shared().readTree(got.body()).path("text").stringValue("");
    }

    @Test
    void linesArriveInOrderWithKeysOfTheirOwn() throws IOException, InterruptedException {
        try (Webhook webhook = webhook(1)) {
            for (int i = 0; i < 20; i++) {
                webhook.line("line " + i);
            }
            assertThat(webhook.drain(PATIENCE)).isTrue();
            assertThat(webhook.delivered()).isEqualTo(20);
        }
        assertThat(server.requests()).extracting(WebhookTest::text)
                .containsExactlyElementsOf(IntStream.range(0, 20).mapToObj(i -> "line " + i).toList());
        assertThat(server.requests()).extracting(got -> got.header("Idempotency-Key")).doesNotHaveDuplicates();
        assertThat(server.requests()).allSatisfy(got -> {
            assertThat(got.header("X-Mine")).isEqualTo("yes");
            assertThat(got.header("Content-Type")).isEqualTo("application/json");
        });
    }

    @Test
    void anEndpointThatIsAwayAndBadForAWhileLosesNothing() throws IOException, InterruptedException {
        int port = server.port();
        server.close();
        URI uri = URI.create("http://127.0.0.1:" + port + "/hook");
        try (Webhook webhook = new Webhook(settings(uri, 1, MessageFormat.generic(), null, null),
                new Spool(folder.resolve("spool")), news::add)) {
            for (int i = 0; i < 5; i++) {
                webhook.line("line " + i);
            }
            assertThat(webhook.drain(Duration.ofMillis(300))).isFalse();
            try (BadServer back = BadServer.start(port)) {
                back.then(BadServer.with(500, "")).then(BadServer.with(429, "", "Retry-After", "0"))
                        .then(BadServer.cut("{")).then(BadServer.with(401, "not yet"));
                assertThat(webhook.drain(PATIENCE)).isTrue();
                assertThat(back.requests()).extracting(WebhookTest::text).startsWith("line 0", "line 0", "line 0",
                        "line 0", "line 0", "line 1").endsWith("line 4");
                Set<String> keys = new HashSet<>();
                back.requests().stream().limit(5).forEach(got -> keys.add(got.header("Idempotency-Key")));
                assertThat(keys).as("the same message has the same key").hasSize(1);
            }
        }
        assertThat(news).anySatisfy(text -> assertThat(text).contains("cannot be reached").contains("wait in"));
        assertThat(news).anySatisfy(text -> assertThat(text).contains("arrive again"));
    }

    @Test
    void whatWasKeptIsSentByTheNextProcess() throws IOException, InterruptedException {
        server.usually(BadServer.with(503, "down"));
        try (Webhook webhook = webhook(1)) {
            webhook.line("one");
            webhook.line("two");
            assertThat(webhook.drain(Duration.ofMillis(200))).isFalse();
        }
        server.usually(BadServer.with(204, ""));
        try (Webhook webhook = webhook(1)) {
            assertThat(webhook.drain(PATIENCE)).isTrue();
        }
        List<String> texts = server.requests().stream().map(WebhookTest::text).toList();
        assertThat(texts.subList(texts.size() - 2, texts.size())).containsExactly("one", "two");
    }

    /** A process of its own, killed at any moment, again and again: the endpoint has every line, and knows each by its key. */
    @Test
    void aKillLosesNothingAndDuplicatesNothingWithoutItsKey() throws IOException, InterruptedException {
        Random random = new Random(5);
        int rounds = 6;
        int each = 200;
        for (int round = 0; round < rounds; round++) {
            Process writer = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), Writer.class.getName(),
                    server.uri("/hook").toString(), folder.resolve("spool").toString(), Integer.toString(round * each),
                    Integer.toString(each), round % 2 == 0 ? "1" : "7")
                    .redirectError(ProcessBuilder.Redirect.INHERIT).start();
            try (java.io.BufferedReader out = writer.inputReader()) {
                // it says when a line is kept: from then on it must not be lost
                int stopAfter = 20 + random.nextInt(each - 40);
                int said = 0;
                while (said < stopAfter && out.readLine() != null) {
                    said++;
                }
                // unlike its own method, its handle leaves the pipe open
                writer.toHandle().destroyForcibly();
                writer.waitFor();
                while (out.readLine() != null) {
                    said++;
                }
                kept.put(round, said);
            }
        }
        try (Webhook webhook = webhook(7)) {
            webhook.flush();
            assertThat(webhook.drain(PATIENCE)).isTrue();
        }
        Map<String, String> byKey = new HashMap<>();
        for (BadServer.Got got : server.requests()) {
            String before = byKey.put(got.header("Idempotency-Key"), got.text());
            assertThat(before == null || before.equals(got.text())).as("a key stands for one message").isTrue();
        }
        List<String> lines = new ArrayList<>();
        byKey.values().forEach(body -> lines
                .addAll(JsonMapper.shared().readTree(body).path("text").stringValue("").lines().toList()));
        assertThat(lines).as("each line under one key").doesNotHaveDuplicates();
        for (int round = 0; round < rounds; round++) {
            int first = round * each;
            assertThat(lines).as("round %s", round).containsAll(IntStream
                    .range(first, first + kept.getOrDefault(round, 0)).mapToObj(i -> "line " + i).toList());
        }
    }

    private final Map<Integer, Integer> kept = new HashMap<>();

    /** Writes lines into a webhook, and says which are kept. */
    static final class Writer {

        private Writer() {}

        public static void main(String[] arguments) throws IOException {
            int first = Integer.parseInt(arguments[2]);
            int count = Integer.parseInt(arguments[3]);
            Webhook.Settings settings = new Webhook.Settings(URI.create(arguments[0]), "POST", Map.of(), null, null,
                    Webhook.Settings.USUAL_HMAC_HEADER, MessageFormat.generic(), Integer.parseInt(arguments[4]), FAST);
            try (Webhook webhook = new Webhook(settings, new Spool(Path.of(arguments[1])), text -> {})) {
                for (int i = first; i < first + count; i++) {
                    webhook.line("line " + i);
                    System.out.println(i);
                    System.out.flush();
                }
            }
        }
    }

    @Test
    void batchesAreSentWhenTheyAreFullAndAtTheEnd() throws IOException, InterruptedException {
        try (Webhook webhook = webhook(3)) {
            for (int i = 0; i < 7; i++) {
                webhook.line("line " + i);
            }
            webhook.flush();
            assertThat(webhook.drain(PATIENCE)).isTrue();
        }
        assertThat(server.requests()).extracting(WebhookTest::text).containsExactly("line 0\nline 1\nline 2",
                "line 3\nline 4\nline 5", "line 6");
        assertThat(server.requests().getFirst().text()).contains("\"batch\":true").contains("\"count\":3");
    }

    @Test
    void whatIsRefusedIsPutAsideAndTheNextGoes() throws IOException, InterruptedException {
        server.then(BadServer.with(400, "bad line")).then(BadServer.with(200, ""));
        try (Webhook webhook = webhook(1)) {
            webhook.line("bad");
            webhook.line("good");
            assertThat(webhook.drain(PATIENCE)).isTrue();
            assertThat(webhook.rejected()).isEqualTo(1);
        }
        assertThat(server.requests()).extracting(WebhookTest::text).containsExactly("bad", "good");
        try (var files = Files.list(folder.resolve("spool/rejected"))) {
            List<Path> aside = files.toList();
            assertThat(aside).hasSize(1);
            assertThat(aside.getFirst()).content().contains("bad");
        }
        assertThat(news).anySatisfy(text -> assertThat(text).contains("status 400").contains("put aside"));
    }

    @Test
    void bodiesAreSignedAndSecretsAreNotOnDiskOrTold() throws IOException, InterruptedException {
        server.then(BadServer.with(403, "no token-abc"));
        Webhook.Settings settings = settings(server.uri("/hook?key=in-url"), 1, MessageFormat.generic(), "token-abc",
                "key");
        assertThat(settings.toString()).doesNotContain("token-abc").doesNotContain("in-url");
        Path spool = folder.resolve("spool");
        try (Webhook webhook = new Webhook(settings, new Spool(spool), news::add)) {
            webhook.line("The quick brown fox jumps over the lazy dog");
            assertThat(webhook.drain(PATIENCE)).isTrue();
        }
        BadServer.Got got = server.requests().getLast();
        assertThat(got.header("Authorization")).isEqualTo("Bearer token-abc");
        assertThat(got.header("X-Signature-256")).matches("sha256=[0-9a-f]{64}")
                .isEqualTo("sha256=" + hmac(got.body()));
        assertThat(String.join("\n", news)).doesNotContain("token-abc").doesNotContain("in-url");
    }

    /** By openssl, which is another's. */
    private static String hmac(byte[] body) throws IOException {
        Process openssl = new ProcessBuilder("openssl", "dgst", "-sha256", "-hmac", "key").start();
        try (var in = openssl.getOutputStream()) {
            in.write(body);
        }
        String said = new String(openssl.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        return said.substring(said.lastIndexOf(' ') + 1).strip();
    }

    @Test
    void theFormsOfServices() {
        JsonMapper json = JsonMapper.shared();
        java.time.Instant time = java.time.Instant.parse("2026-01-02T03:04:05Z");
        assertThat(json.readTree(MessageFormat.service("slack").bodies(List.of("a <b> & c"), time).getFirst())
                .path("text").stringValue("")).isEqualTo("a &lt;b&gt; &amp; c");
        List<String> discord = MessageFormat.service("discord").bodies(List.of("word ".repeat(1000)), time);
        assertThat(discord).hasSize(3).allSatisfy(body -> {
            assertThat(json.readTree(body).path("content").stringValue("").length()).isLessThanOrEqualTo(2000);
            assertThat(json.readTree(body).path("allowed_mentions").path("parse").isEmpty()).isTrue();
        });
        assertThat(json.readTree(MessageFormat.service("teams").bodies(List.of("hello"), time).getFirst())
                .path("attachments").path(0).path("content").path("body").path(0).path("text").stringValue(""))
                .isEqualTo("hello");
        String template = "{\"event\":\"said {{text}}\",\"at\":[\"{{time}}\"],\"n\":{\"count\":\"{{count}}\"},\"x\":1}";
        assertThat(MessageFormat.template(template).bodies(List.of("a \"quoted\" one", "two"), time)).containsExactly(
                "{\"event\":\"said a \\\"quoted\\\" one\\ntwo\",\"at\":[\"2026-01-02T03:04:05Z\"],\"n\":{\"count\":\"2\"},"
                        + "\"x\":1}");
        assertThat(MessageFormat.template("{\"event\":1}").bodies(List.of("hi"), time))
                .containsExactly("{\"event\":1,\"text\":\"hi\"}");
        assertThatThrownBy(() -> MessageFormat.template("[1]")).hasMessageContaining("no JSON object");
        assertThatThrownBy(() -> MessageFormat.template("{")).hasMessageContaining("no JSON");
        assertThatThrownBy(() -> MessageFormat.service("irc")).hasMessageContaining("slack, discord, teams");
    }

    @Test
    void textIsSplitWithoutLosingACharacter() {
        Random random = new Random(1);
        for (int i = 0; i < 200; i++) {
            StringBuilder text = new StringBuilder();
            int length = random.nextInt(300);
            for (int c = 0; c < length; c++) {
                text.append(random.nextInt(9) == 0 ? " " : random.nextInt(9) == 1 ? "\uD83D\uDE00" : "x");
            }
            List<String> parts = MessageFormat.split(text.toString(), 20);
            assertThat(parts).allSatisfy(part -> {
                assertThat(part.length()).isLessThanOrEqualTo(20);
                assertThat(part.codePoints().noneMatch(c -> c >= 0xd800 && c < 0xe000)).isTrue();
            });
            assertThat(String.join("", parts).replace(" ", "")).isEqualTo(text.toString().replace(" ", ""));
        }
    }

    @Test
    void partsOfAMessageGoOnWhereTheyWereStopped() throws IOException, InterruptedException {
        server.then(BadServer.with(200, "")).then(BadServer.with(503, "")).usually(BadServer.with(503, ""));
        Webhook.Settings settings = settings(server.uri("/"), 1, MessageFormat.service("discord"), null, null);
        try (Webhook webhook = new Webhook(settings, new Spool(folder.resolve("spool")), news::add)) {
            webhook.line("a".repeat(2000) + "b".repeat(10));
            Await.until("the first part has arrived", PATIENCE, () -> webhook.delivered() > 0);
            assertThat(webhook.drain(Duration.ofMillis(100))).isFalse();
        }
        server.usually(BadServer.with(200, ""));
        try (Webhook webhook = new Webhook(settings, new Spool(folder.resolve("spool")), news::add)) {
            assertThat(webhook.drain(PATIENCE)).isTrue();
        }
        List<BadServer.Got> got = server.requests();
        assertThat(got.stream().filter(each -> each.text().contains("aaa"))).hasSize(1);
        assertThat(got.getLast().text()).contains("bbbbbbbbbb");
    }

    @Test
    void aSpoolBelongsToOneAtATime() throws IOException {
        Path place = folder.resolve("spool");
        try (Spool _ = new Spool(place)) {
            assertThatThrownBy(() -> new Spool(place)).isInstanceOf(Spool.SpoolInUseException.class)
                    .hasMessageContaining(place.toString());
        }
        new Spool(place).close();
    }

    @Test
    void addressesAndMethodsThatCannotBeAreRefusedWithoutTellingThem() {
        assertThatThrownBy(() -> settings(URI.create("ftp://secret"), 1, MessageFormat.generic(), null, null))
                .hasMessageContaining("http://").hasMessageNotContaining("secret");
        assertThatThrownBy(() -> new Webhook.Settings(server.uri("/"), "GET", Map.of(), null, null, "X",
                MessageFormat.generic(), 1, FAST)).hasMessageContaining("POST, PUT or PATCH");
    }
}
