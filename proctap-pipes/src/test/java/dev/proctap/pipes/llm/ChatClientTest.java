package dev.proctap.pipes.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proctap.pipes.http.BadServer;
import dev.proctap.pipes.http.DeliveryException;
import dev.proctap.pipes.http.RetryPolicy;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Chat completions against real servers, good and bad ones. */
class ChatClientTest {

    private static final RetryPolicy FAST = RetryPolicy.DEFAULTS.withFirstPause(Duration.ofMillis(1))
            .withLongestPause(Duration.ofMillis(5)).withTimeout(Duration.ofSeconds(5));

    private final BadServer server = BadServer.start();

    @AfterEach
    void stop() {
        server.close();
    }

    private ChatClient client(int context, boolean stream) {
        return new ChatClient(new ChatClient.Settings(server.uri("/v1"), "sk-key", "some-model", "Be brief.", 0.3, 99,
                context, stream, FAST));
    }

    private static String completion(String text) {
        return "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":"
                + JsonMapper.shared().writeValueAsString(text) + "}}]}";
    }

    private static String event(String piece) {
        return "data: {\"choices\":[{\"delta\":{\"content\":" + JsonMapper.shared().writeValueAsString(piece)
                + "}}]}\n\n";
    }

    private JsonNode asked(int index) {
        return JsonMapper.shared().readTree(server.requests().get(index).body());
    }

    @Test
    void aQuestionIsAskedAsTheApiWantsIt() throws DeliveryException, InterruptedException {
        server.usually(BadServer.with(200, completion(" Fine. ")));
        try (ChatClient client = client(0, false)) {
            assertThat(client.ask("How are you?", piece -> {})).isEqualTo("Fine.");
        }
        BadServer.Got got = server.requests().getFirst();
        assertThat(got.path()).isEqualTo("/v1/chat/completions");
        assertThat(got.header("Authorization")).isEqualTo("Bearer sk-key");
        JsonNode body = asked(0);
        assertThat(body.path("model").stringValue("")).isEqualTo("some-model");
        assertThat(body.path("temperature").doubleValue()).isEqualTo(0.3);
        assertThat(body.path("max_tokens").intValue()).isEqualTo(99);
        assertThat(body.path("messages").path(0).path("content").stringValue("")).isEqualTo("Be brief.");
        assertThat(body.path("messages").path(1).path("content").stringValue("")).isEqualTo("How are you?");
    }

    @Test
    void anAnswerComesPieceByPiece() throws DeliveryException, InterruptedException {
        server.usually(BadServer.with(200, ": keep-alive\n\n" + event("Hel") + event("lo") + event(" wörld")
                + "data: [DONE]\n\n", "Content-Type", "text/event-stream"));
        List<String> pieces = new ArrayList<>();
        try (ChatClient client = client(0, true)) {
            assertThat(client.ask("Hi", pieces::add)).isEqualTo("Hello wörld");
        }
        assertThat(pieces).containsExactly("Hel", "lo", " wörld");
        assertThat(asked(0).path("stream").booleanValue()).isTrue();
    }

    @Test
    void aConversationKeepsItsLastMessages() throws DeliveryException, InterruptedException {
        try (ChatClient client = client(4, false)) {
            for (int i = 0; i < 5; i++) {
                server.usually(BadServer.with(200, completion("answer " + i)));
                client.ask("question " + i, piece -> {});
            }
        }
        JsonNode messages = asked(4).path("messages");
        assertThat(messages.size()).isEqualTo(1 + 4 + 1);
        assertThat(messages.path(0).path("role").stringValue("")).isEqualTo("system");
        assertThat(messages.path(1).path("content").stringValue("")).isEqualTo("question 2");
        assertThat(messages.path(2).path("content").stringValue("")).isEqualTo("answer 2");
        assertThat(messages.path(5).path("content").stringValue("")).isEqualTo("question 4");
    }

    @Test
    void aQuestionThatFailsIsNotPartOfTheConversation() throws DeliveryException, InterruptedException {
        try (ChatClient client = client(10, false)) {
            server.then(BadServer.with(400, "too long"));
            assertThatThrownBy(() -> client.ask("bad", piece -> {})).hasMessageContaining("too long");
            server.then(BadServer.with(200, completion("yes")));
            client.ask("good", piece -> {});
        }
        assertThat(asked(1).path("messages").size()).isEqualTo(2);
    }

    @Test
    void aBusyServerIsAskedAgain() throws DeliveryException, InterruptedException {
        for (boolean stream : new boolean[]{false, true}) {
            server.then(BadServer.with(429, "", "Retry-After", "0")).then(BadServer.with(500, ""))
                    .then(BadServer.with(200, stream ? event("yes") + "data: [DONE]\n\n" : completion("yes")));
            try (ChatClient client = client(0, stream)) {
                assertThat(client.ask("?", piece -> {})).isEqualTo("yes");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "hello", "[]", "{}", "{\"choices\":[]}", "<html>", "{\"choices\":[{\"message\":{}}]}"})
    void wrongJsonIsAnErrorThatSaysSo(String body) {
        server.usually(BadServer.with(200, body));
        try (ChatClient client = client(0, false)) {
            assertThatThrownBy(() -> client.ask("?", piece -> {})).isInstanceOf(DeliveryException.class)
                    .hasMessageContaining("127.0.0.1").hasMessageContaining("OpenAI-compatible");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"data: {]\n\n", "hello\n", "", "data: {\"error\":{\"message\":\"overloaded\"}}\n\n"})
    void wrongEventsAreAnError(String body) {
        server.usually(BadServer.with(200, body));
        try (ChatClient client = client(0, true)) {
            assertThatThrownBy(() -> client.ask("?", piece -> {})).isInstanceOf(DeliveryException.class);
        }
    }

    @Test
    void aStreamThatIsCutIsAnErrorAndNotAskedForAgain() {
        server.usually(BadServer.cut(event("Half of")));
        List<String> pieces = new ArrayList<>();
        try (ChatClient client = client(0, true)) {
            assertThatThrownBy(() -> client.ask("?", pieces::add)).isInstanceOf(DeliveryException.class);
        }
        assertThat(pieces).containsExactly("Half of");
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void theKeyIsNowhere() {
        assertThat(new ChatClient.Settings(ChatClient.Settings.OPENAI, "sk-key", "m", "p", 0, null, 0, true, FAST)
                .toString()).doesNotContain("sk-key");
        assertThatThrownBy(() -> new ChatClient.Settings(URI.create("nowhere"), "sk-key", "m", "p", 0, null, 0, true,
                FAST)).hasMessageContaining("http://").hasMessageNotContaining("sk-key");
        assertThatThrownBy(() -> new ChatClient.Settings(ChatClient.Settings.OPENAI, "k", "m", "p", 3, null, 0, true,
                FAST)).hasMessageContaining("temperature");
    }

    @Test
    void intentsAreCheckedAndAskedForOnceMore() throws DeliveryException, InterruptedException {
        Intents intents = new Intents(List.of("play", "stop"));
        try (ChatClient client = client(0, false)) {
            server.then(BadServer.with(200, completion("```json\n{\"intent\":\"play\",\"entities\":{\"song\":\"x\"},"
                    + "\"confidence\":0.9,\"chatter\":1}\n```")));
            assertThat(intents.of("play x", client))
                    .isEqualTo("{\"intent\":\"play\",\"entities\":{\"song\":\"x\"},\"confidence\":0.9}");
            server.then(BadServer.with(200, completion("Sure! You want to stop.")))
                    .then(BadServer.with(200, completion("{\"intent\":\"stop\",\"confidence\":1}")));
            assertThat(intents.of("halt", client))
                    .isEqualTo("{\"intent\":\"stop\",\"entities\":{},\"confidence\":1.0}");
            assertThat(asked(2).path("messages").path(1).path("content").stringValue("")).contains("it is not JSON");
            for (String wrong : List.of("{\"intent\":\"dance\",\"confidence\":1}",
                    "{\"intent\":\"play\",\"confidence\":7}",
                    "{\"intent\":\"play\",\"entities\":[],\"confidence\":1}", "nonsense")) {
                server.then(BadServer.with(200, completion(wrong))).then(BadServer.with(200, completion(wrong)));
                JsonNode answer = JsonMapper.shared().readTree(intents.of("?", client));
                assertThat(answer.path("intent").stringValue("")).isEqualTo("unknown");
                assertThat(answer.path("raw_response").stringValue("")).isEqualTo(wrong);
            }
        }
        assertThat(asked(0).path("response_format").path("type").stringValue("")).isEqualTo("json_object");
    }
}
