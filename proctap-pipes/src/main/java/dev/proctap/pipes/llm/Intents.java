package dev.proctap.pipes.llm;

import dev.proctap.pipes.http.DeliveryException;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What somebody wants, one of a list, as JSON: {@code {"intent": ..., "entities": {...}, "confidence": 0..1}}. What a model
 * answers is checked, and asked for once more where it is not that; where it still is not, the intent is {@code unknown} and
 * the answer stands in {@code raw_response}.
 */
public final class Intents {

    /** The intent of what is none of the list. */
    public static final String UNKNOWN = "unknown";

    private final List<String> names;

    /**
     * @throws IllegalArgumentException
     *             if there is none
     */
    public Intents(List<String> names) {
        this.names = List.copyOf(names);
        if (names.isEmpty() || names.stream().anyMatch(String::isBlank)) {
            throw new IllegalArgumentException("intents are names, one or more");
        }
    }

    /** What to tell a model before the first question. */
    public String systemPrompt() {
        return "You extract the intent of a message. The intent is one of: " + String.join(", ", names) + ", or "
                + UNKNOWN
                + " if it is none of them. Answer with one JSON object and nothing else, of this form:"
                + " {\"intent\": \"name\", \"entities\": {\"name\": \"value\"}, \"confidence\": 0.0}. The confidence is 0 to 1.";
    }

    /** The intent of a text, as JSON in one line. */
    public String of(String text, ChatClient client) throws DeliveryException, InterruptedException {
        String answer = client.askForJson(text);
        try {
            return checked(answer).toString();
        } catch (IllegalArgumentException e) {
            String again = client.askForJson(text + "\n\n(Your last answer was wrong: " + e.getMessage()
                    + ". Answer with the JSON object alone.)");
            try {
                return checked(again).toString();
            } catch (IllegalArgumentException still) {
                ObjectNode unknown = JsonNodeFactory.instance.objectNode();
                unknown.put("intent", UNKNOWN);
                unknown.putObject("entities");
                unknown.put("confidence", 0.0).put("raw_response", again);
                return unknown.toString();
            }
        }
    }

    /**
     * The answer with nothing in it but what there has to be.
     *
     * @throws IllegalArgumentException
     *             if it is not of the form
     */
    ObjectNode checked(String answer) {
        JsonNode node;
        try {
            node = JsonMapper.shared().readTree(withoutFence(answer));
        } catch (JacksonException e) {
            throw new IllegalArgumentException("it is not JSON", e);
        }
        JsonNode intent = node.path("intent");
        JsonNode entities = node.path("entities");
        JsonNode confidence = node.path("confidence");
        if (!intent.isString() || !(names.contains(intent.stringValue()) || intent.stringValue().equals(UNKNOWN))) {
            throw new IllegalArgumentException("\"intent\" is none of " + String.join(", ", names));
        }
        if (!entities.isObject() && !entities.isMissingNode() && !entities.isNull()) {
            throw new IllegalArgumentException("\"entities\" is no object");
        }
        if (!confidence.isNumber() || !(confidence.doubleValue() >= 0 && confidence.doubleValue() <= 1)) {
            throw new IllegalArgumentException("\"confidence\" is no number from 0 to 1");
        }
        ObjectNode result = JsonNodeFactory.instance.objectNode();
        result.put("intent", intent.stringValue());
        result.set("entities", entities.isObject() ? entities : JsonNodeFactory.instance.objectNode());
        result.put("confidence", confidence.doubleValue());
        return result;
    }

    /** Models like to put JSON between three backticks. */
    private static String withoutFence(String answer) {
        String text = answer.strip();
        if (text.startsWith("```")) {
            int start = text.indexOf('\n');
            int end = text.lastIndexOf("```");
            return start > 0 && end > start ? text.substring(start + 1, end) : text;
        }
        return text;
    }
}
