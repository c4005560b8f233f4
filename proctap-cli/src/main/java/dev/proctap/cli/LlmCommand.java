package dev.proctap.cli;

import dev.proctap.cli.Arguments.Value;
import dev.proctap.pipes.http.DeliveryException;
import dev.proctap.pipes.http.RetryPolicy;
import dev.proctap.pipes.llm.ChatClient;
import dev.proctap.pipes.llm.Intents;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** {@code proctap llm}: each line of text through a language model. */
final class LlmCommand {

    private final Arguments arguments = new Arguments("llm",
            "Send each line of standard input to a language model, and write its answers.", this::call);
    private final Value<String> model = arguments.option(List.of("-m", "--model"), "NAME", String.class,
            "The model (default: " + ChatClient.Settings.USUAL_MODEL + ").");
    private final Secret apiKey = new Secret(arguments, List.of("--api-key"), "--api-key-file", "OPENAI_API_KEY",
            "The API's key");
    private final Value<String> systemPrompt = arguments.option(List.of("-s", "--system-prompt"), "TEXT", String.class,
            "What the model is told first.");
    private final Value<Double> temperature = arguments.option(List.of("-t", "--temperature"), "0..2", Double.class,
            "How much chance there is in an answer (default: 0.7).");
    private final Value<Integer> maxTokens = arguments.option("--max-tokens", "N", Integer.class,
            "The longest answer in tokens.");
    private final Value<String> baseUrl = arguments.option("--base-url", "URL", String.class,
            "The API of an OpenAI-compatible server (default: " + ChatClient.Settings.OPENAI + ").");
    private final Value<Boolean> context = arguments.option("--context", "Take the lines for one conversation.");
    private final Value<Integer> maxContext = arguments.option("--max-context", "N", Integer.class,
            "With --context, so many messages go with each question (default: 10).");
    private final Value<String> intents = arguments.option("--intents", "NAME,NAME", String.class,
            "Tell for each line which of these is wanted, as a line of checked JSON.");
    private final Value<Boolean> noStream = arguments.option("--no-stream",
            "Write an answer when all of it is there.");
    private final Value<Double> timeout = arguments.option("--timeout", "S", Double.class,
            "How long to wait for an answer, or for its next piece (default: 60).");
    private final Value<Integer> attempts = arguments.option("--attempts", "N", Integer.class,
            "How often to ask a server that is busy or away (default: 5).");

    CommandSpec spec() {
        return arguments.spec;
    }

    private Integer call() throws IOException, InterruptedException {
        CommandLine command = arguments.command();
        String key = apiKey.orNull(command);
        if (key == null && !baseUrl.isGiven()) {
            throw new ParameterException(command,
                    "an API key is needed: set OPENAI_API_KEY or give --api-key-file FILE;"
                            + " a server of your own that needs none is given with --base-url");
        }
        if (maxContext.isGiven() && !context.isGiven()) {
            throw new ParameterException(command, "--max-context belongs to --context");
        }
        Intents wanted = intents(command);
        try (ChatClient client = new ChatClient(settings(command, key, wanted))) {
            PrintWriter out = command.getOut();
            boolean[] failed = {false};
            return Lines.run(line -> {
                try {
                    if (wanted != null) {
                        out.println(wanted.of(line, client));
                    } else {
                        client.ask(line, piece -> {
                            out.print(piece);
                            out.flush();
                        });
                        out.println();
                    }
                } catch (DeliveryException e) {
                    failed[0] = true;
                    out.flush();
                    command.getErr().println("proctap: " + e.getMessage());
                    command.getErr().flush();
                    if (e.kind() == DeliveryException.Kind.DENIED) {
                        // the next line would not fare better
                        return false;
                    }
                }
                out.flush();
                return !out.checkError();
            }, () -> failed[0] ? ExitCode.FAILURE : ExitCode.OK);
        }
    }

    private @Nullable Intents intents(CommandLine command) {
        String names = intents.orNull();
        try {
            return names == null ? null : new Intents(Arrays.stream(names.split(",", -1)).map(String::strip).toList());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, "--intents: " + e.getMessage(), e);
        }
    }

    private ChatClient.Settings settings(CommandLine command, @Nullable String key, @Nullable Intents wanted) {
        String usualPrompt = wanted == null ? ChatClient.Settings.USUAL_PROMPT : wanted.systemPrompt();
        try {
            return new ChatClient.Settings(address(command, baseUrl.or(ChatClient.Settings.OPENAI.toString())), key,
                    model.or(ChatClient.Settings.USUAL_MODEL), systemPrompt.or(usualPrompt), temperature.or(0.7),
                    maxTokens.orNull(), context.isGiven() ? maxContext.or(10) : 0, !noStream.isGiven(),
                    retry(command, timeout.or(60.0), attempts.or(5)));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, String.valueOf(e.getMessage()), e);
        }
    }

    static URI address(CommandLine command, String text) {
        try {
            return URI.create(text);
        } catch (IllegalArgumentException e) {
            // the text may hold a secret
            throw new ParameterException(command, "the address is none; it begins with http:// or https://", e);
        }
    }

    static RetryPolicy retry(CommandLine command, double timeoutSeconds, int attempts) {
        if (!(timeoutSeconds > 0 && timeoutSeconds < 1e6)) {
            throw new ParameterException(command, "--timeout is a positive number of seconds, not " + timeoutSeconds);
        }
        if (attempts < 1) {
            throw new ParameterException(command, "--attempts is 1 or more, not " + attempts);
        }
        return RetryPolicy.DEFAULTS.withTimeout(Duration.ofMillis(Math.max(1, Math.round(timeoutSeconds * 1000))))
                .withAttempts(attempts);
    }
}
