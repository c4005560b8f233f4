package dev.proctap.pipes.webhook;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/** How text becomes the JSON that a service wants. */
public final class MessageFormat {

    /** The most characters of one message at Discord. */
    private static final int DISCORD_CHARACTERS = 2000;
    private static final int TEAMS_CHARACTERS = 20_000;
    private static final JsonMapper JSON = JsonMapper.shared();

    private enum Service {
        GENERIC, SLACK, DISCORD, TEAMS
    }

    private final Service service;
    private final ObjectNode template;

    private MessageFormat(Service service, ObjectNode template) {
        this.service = service;
        this.template = template;
    }

    /** {@code {"text": ...}}, with {@code batch} and {@code count} where it is more than one line. */
    public static MessageFormat generic() {
        return new MessageFormat(Service.GENERIC, JsonNodeFactory.instance.objectNode());
    }

    /**
     * A JSON object of the caller's: {@code {{text}}}, {@code {{time}}} and {@code {{count}}} in its texts stand for the lines,
     * the time (UTC) and the number of lines. Where {@code {{text}}} stands nowhere, it is added as {@code text}.
     *
     * @throws IllegalArgumentException
     *             if it is no JSON object
     */
    public static MessageFormat template(String json) {
        try {
            if (JSON.readTree(json) instanceof ObjectNode object) {
                return new MessageFormat(Service.GENERIC, object);
            }
        } catch (JacksonException e) {
            throw new IllegalArgumentException("the template is no JSON: " + e.getOriginalMessage(), e);
        }
        throw new IllegalArgumentException("the template is no JSON object, that is {...}");
    }

    /**
     * That of a service by its name: slack, discord, teams or generic.
     *
     * @throws IllegalArgumentException
     *             if there is none of that name
     */
    public static MessageFormat service(String name) {
        for (Service service : Service.values()) {
            if (service.name().toLowerCase(Locale.ROOT).equals(name.toLowerCase(Locale.ROOT))) {
                return new MessageFormat(service, JsonNodeFactory.instance.objectNode());
            }
        }
        throw new IllegalArgumentException("a message is for slack, discord, teams or generic, not '" + name + "'");
    }

    /** The bodies that lines become: one, or more where the service takes only so much at once. */
    public List<String> bodies(List<String> lines, Instant time) {
        String text = String.join("\n", lines);
        return switch (service) {
            case GENERIC -> List.of(generic(text, lines.size(), time).toString());
            case SLACK -> List.of(object("text", escaped(text)).toString());
            case DISCORD -> split(text, DISCORD_CHARACTERS).stream().map(part -> {
                ObjectNode message = object("content", part);
                // what people say must not ring everybody's bell
                message.putObject("allowed_mentions").putArray("parse");
                return message.toString();
            }).toList();
            case TEAMS -> split(text, TEAMS_CHARACTERS).stream().map(MessageFormat::card).toList();
        };
    }

    private static ObjectNode object(String name, String text) {
        return JsonNodeFactory.instance.objectNode().put(name, text);
    }

    /** The three characters that Slack's text gives a meaning to. */
    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private ObjectNode generic(String text, int count, Instant time) {
        boolean placed = template.toString().contains("{{text}}");
        ObjectNode message = filled(template, text, count, time);
        if (!placed) {
            message.put("text", text);
        }
        if (count > 1 && !placed) {
            message.put("batch", true);
            message.put("count", count);
        }
        return message;
    }

    private static ObjectNode filled(ObjectNode template, String text, int count, Instant time) {
        ObjectNode result = template.deepCopy();
        for (String name : List.copyOf(result.propertyNames())) {
            result.set(name, filled(result.get(name), text, count, time));
        }
        return result;
    }

    private static JsonNode filled(JsonNode node, String text, int count, Instant time) {
        return switch (node) {
            case StringNode string -> StringNode.valueOf(string.stringValue().replace("{{time}}", time.toString())
                    .replace("{{count}}", Integer.toString(count)).replace("{{text}}", text));
            case ObjectNode object -> filled(object, text, count, time);
            case ArrayNode array -> {
                ArrayNode result = JsonNodeFactory.instance.arrayNode();
                array.forEach(element -> result.add(filled(element, text, count, time)));
                yield result;
            }
            default -> node;
        };
    }

    /** An adaptive card, as Teams' workflows take it. */
    private static String card(String text) {
        ObjectNode message = object("type", "message");
        ObjectNode attachment = message.putArray("attachments").addObject();
        attachment.put("contentType", "application/vnd.microsoft.card.adaptive");
        ObjectNode content = attachment.putObject("content");
        content.put("$schema", "http://adaptivecards.io/schemas/adaptive-card.json").put("type", "AdaptiveCard")
                .put("version", "1.4");
        content.putArray("body").addObject().put("type", "TextBlock").put("text", text).put("wrap", true);
        return message.toString();
    }

    /** Pieces of at most so many characters, cut at ends of lines or words where there are any. */
    static List<String> split(String text, int most) {
        List<String> parts = new ArrayList<>();
        String rest = text;
        while (rest.length() > most) {
            int cut = Math.max(rest.lastIndexOf('\n', most), rest.lastIndexOf(' ', most));
            if (cut <= 0) {
                cut = Character.isHighSurrogate(rest.charAt(most - 1)) ? most - 1 : most;
                parts.add(rest.substring(0, cut));
                rest = rest.substring(cut);
            } else {
                parts.add(rest.substring(0, cut));
                rest = rest.substring(cut + 1);
            }
        }
        parts.add(rest);
        return parts;
    }
}
