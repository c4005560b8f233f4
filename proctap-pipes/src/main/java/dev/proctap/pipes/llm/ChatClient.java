package dev.proctap.pipes.llm;

import dev.proctap.pipes.http.DeliveryException;
import dev.proctap.pipes.http.HttpSender;
import dev.proctap.pipes.http.RetryPolicy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Asks a language model, question by question, or as one conversation. What fails leaves the conversation as it was. Not
 * thread-safe.
 */
public final class ChatClient implements AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final String DONE = "[DONE]";

    private final Settings settings;
    private final HttpSender sender;
    private final URI uri;
    private final Deque<Turn> context = new ArrayDeque<>();

    private record Turn(String role, String content) {}

    /**
     * Which model, where and how.
     *
     * @param baseUrl
     *            of the API, {@code https://api.openai.com/v1} for OpenAI's own
     * @param apiKey
     *            null where the server needs none
     * @param maxTokens
     *            of an answer, null for the server's own limit
     * @param contextMessages
     *            so many messages before, questions and answers, go with each question; 0 for none
     * @param stream
     *            whether answers come piece by piece
     */
    public record Settings(URI baseUrl, @Nullable String apiKey, String model, String systemPrompt, double temperature,
            @Nullable Integer maxTokens, int contextMessages, boolean stream, RetryPolicy retry) {

        public static final URI OPENAI = URI.create("https://api.openai.com/v1");
        public static final String USUAL_MODEL = "gpt-4o-mini";
        public static final String USUAL_PROMPT = "You are a helpful assistant.";

        /**
         * @throws IllegalArgumentException
         *             if the address is none of http or https, or a figure is out of range
         */
        public Settings {
            if (baseUrl.getHost() == null
                    || !("http".equals(baseUrl.getScheme()) || "https".equals(baseUrl.getScheme()))) {
                throw new IllegalArgumentException(
                        "the address of an API begins with http:// or https:// and a server, not " + baseUrl);
            }
            if (!(temperature >= 0 && temperature <= 2)) {
                throw new IllegalArgumentException("a temperature is 0 to 2, not " + temperature);
            }
            if (maxTokens != null && maxTokens < 1) {
                throw new IllegalArgumentException("an answer has one token or more, not " + maxTokens);
            }
            if (contextMessages < 0) {
                throw new IllegalArgumentException("a context has no negative number of messages");
            }
        }

        // a record's own would print the key
        @Override
        public String toString() {
            return model + " at " + baseUrl.getHost();
        }
    }

    public ChatClient(Settings settings) {
        this.settings = settings;
        sender = new HttpSender(settings.retry(), settings.apiKey() == null ? List.of() : List.of(settings.apiKey()));
        String base = settings.baseUrl().toString();
        uri = URI.create(base + (base.endsWith("/") ? "" : "/") + "chat/completions");
    }

    /**
     * Asks.
     *
     * @param pieces
     *            is given the answer as it comes, in one piece where it does not stream
     * @return the whole answer
     * @throws DeliveryException
     *             if there is none
     */
    public String ask(String question, Consumer<String> pieces) throws DeliveryException, InterruptedException {
        String answer = complete(question, null, settings.stream(), pieces);
        remember(question, answer);
        return answer;
    }

    private void remember(String question, String answer) {
        if (settings.contextMessages() > 0) {
            context.addLast(new Turn("user", question));
            context.addLast(new Turn("assistant", answer));
            while (context.size() > settings.contextMessages()) {
                context.removeFirst();
            }
        }
    }

    /** Asks for one JSON object, which may be none. */
    String askForJson(String question) throws DeliveryException, InterruptedException {
        ObjectNode form = JsonNodeFactory.instance.objectNode().put("type", "json_object");
        return complete(question, form, false, piece -> {});
    }

    private String complete(String question, @Nullable ObjectNode responseFormat, boolean streams,
            Consumer<String> pieces) throws DeliveryException, InterruptedException {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.put("model", settings.model());
        ArrayNode messages = body.putArray("messages");
        messages.addObject().put("role", "system").put("content", settings.systemPrompt());
        context.forEach(turn -> messages.addObject().put("role", turn.role).put("content", turn.content));
        messages.addObject().put("role", "user").put("content", question);
        body.put("temperature", settings.temperature());
        if (settings.maxTokens() != null) {
            body.put("max_tokens", settings.maxTokens());
        }
        if (responseFormat != null) {
            body.set("response_format", responseFormat);
        }
        if (streams) {
            body.put("stream", true);
        }
        HttpSender.Request request = request(body);
        return streams ? streamed(request, pieces) : whole(request, pieces);
    }

    private HttpSender.Request request(ObjectNode body) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Content-Type", "application/json");
        if (settings.apiKey() != null) {
            headers.put("Authorization", "Bearer " + settings.apiKey());
        }
        return new HttpSender.Request("POST", uri, headers, body.toString().getBytes(StandardCharsets.UTF_8));
    }

    private String whole(HttpSender.Request request, Consumer<String> pieces)
            throws DeliveryException, InterruptedException {
        JsonNode answer = parse(sender.send(request).text());
        JsonNode content = answer.path("choices").path(0).path("message").path("content");
        if (!content.isString()) {
            throw strange("an answer without choices[0].message.content");
        }
        String text = content.stringValue().strip();
        pieces.accept(text);
        return text;
    }

    /** Server-sent events, each with a piece of the answer. */
    private String streamed(HttpSender.Request request, Consumer<String> pieces)
            throws DeliveryException, InterruptedException {
        StringBuilder all = new StringBuilder();
        Events events = new Events();
        sender.sendForLines(request, line -> {
            if (line.startsWith("data:")) {
                String piece = events.piece(line.substring(5).strip());
                all.append(piece);
                if (!piece.isEmpty()) {
                    pieces.accept(piece);
                }
            }
        });
        if (events.failure != null) {
            throw events.failure;
        }
        if (!events.done && all.isEmpty()) {
            throw strange("a stream of events without an answer");
        }
        if (!events.done) {
            throw strange("only the beginning of an answer");
        }
        return all.toString().strip();
    }

    private final class Events {

        private boolean done;
        private @Nullable DeliveryException failure;

        String piece(String data) {
            if (data.equals(DONE)) {
                done = true;
                return "";
            }
            try {
                JsonNode event = parse(data);
                JsonNode error = event.path("error").path("message");
                if (error.isString()) {
                    failure = strange("the error \"" + error.stringValue() + "\"");
                }
                JsonNode choice = event.path("choices").path(0);
                // some servers end without [DONE]
                done |= choice.path("finish_reason").isString();
                return choice.path("delta").path("content").stringValue("");
            } catch (DeliveryException e) {
                failure = e;
                return "";
            }
        }
    }

    private JsonNode parse(String text) throws DeliveryException {
        try {
            JsonNode node = JSON.readTree(text);
            if (node.isObject()) {
                return node;
            }
        } catch (JacksonException e) {
            // told below
        }
        throw strange("something that is not JSON of a chat");
    }

    private DeliveryException strange(String what) {
        return new DeliveryException(DeliveryException.Kind.REFUSED,
                uri.getScheme() + "://" + uri.getAuthority() + " gives " + what
                        + "; is it an OpenAI-compatible server, and --base-url its API?",
                null, null);
    }

    /** Forgets the conversation. */
    public void forget() {
        context.clear();
    }

    @Override
    public void close() {
        sender.close();
    }
}
