package dev.proctap.cli;

import dev.proctap.cli.Arguments.Value;
import dev.proctap.file.WavWriter;
import dev.proctap.pcm.PcmConverter;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pipes.http.Multipart;
import dev.proctap.pipes.webhook.MessageFormat;
import dev.proctap.pipes.webhook.Spool;
import dev.proctap.pipes.webhook.Webhook;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** {@code proctap webhook}: lines of text, or parts of sound, to an HTTP endpoint. */
final class WebhookCommand {

    private final Arguments arguments = new Arguments("webhook",
            "Send each line of standard input, or its sound, to an HTTP endpoint. What does not arrive is kept on disk and"
                    + " sent later.",
            this::call);
    private final Value<String> method = arguments.option(List.of("-m", "--method"), "METHOD", String.class,
            "POST, PUT or PATCH (default: POST).");
    private final Value<List<String>> headers = arguments.options("--header", "'NAME: VALUE'", String.class,
            "A header besides; can be given several times (-H, too).");
    private final Value<List<String>> shortHeaders = arguments.options("-H", "'NAME: VALUE'", String.class,
            "The same.");
    private final Secret token = new Secret(arguments, List.of("-a", "--auth-token"), "--auth-token-file",
            "WEBHOOK_AUTH_TOKEN", "The bearer token");
    private final Secret hmac = new Secret(arguments, List.of(), "--hmac-secret-file", "WEBHOOK_HMAC_SECRET",
            "A secret that signs each body (HMAC-SHA256)");
    private final Value<String> hmacHeader = arguments.option("--hmac-header", "NAME", String.class,
            "The header of the signature (default: " + Webhook.Settings.USUAL_HMAC_HEADER + ").");
    private final Value<Double> timeout = arguments.option(List.of("-t", "--timeout"), "S", Double.class,
            "How long to wait for an answer (default: 10).");
    private final Value<Integer> batch = arguments.option(List.of("-b", "--batch"), "N", Integer.class,
            "So many lines are one message (default: 1).");
    private final Value<String> template = arguments.option("--template", "JSON|@FILE", String.class,
            "A JSON object to send; {{text}}, {{time}} and {{count}} in it are replaced.");
    private final Value<String> service = arguments.option("--for", "SERVICE", String.class,
            "The form of a service instead: slack, discord or teams.");
    private final Value<String> spoolFolder = arguments.option("--spool", "FOLDER", String.class,
            "Where messages are kept until they have arrived (default: one for each URL in the user's state folder).");
    private final Value<Double> drain = arguments.option("--drain", "S", Double.class,
            "How long to go on sending when the input has ended (default: 30).");
    private final Value<Boolean> audio = arguments.option("--audio",
            "Standard input is sound, which is sent as WAV files (multipart/form-data, the part audio).");
    private final Value<Double> audioSeconds = arguments.option("--audio-seconds", "S", Double.class,
            "Length of each such file (default: 10).");
    private final PipeMixin pipe = new PipeMixin(arguments);
    private final Value<String> address = arguments.optionalParameter("URL",
            "The endpoint; @FILE for one that stands in a file. Without, the environment's WEBHOOK_URL.");

    CommandSpec spec() {
        return arguments.spec;
    }

    private Integer call() throws IOException, InterruptedException {
        CommandLine command = arguments.command();
        URI uri = uri(command);
        Webhook.Settings settings = settings(command, uri);
        PrintWriter err = command.getErr();
        if (!(drain.or(30.0) >= 0) || !(audioSeconds.or(10.0) > 0 && audioSeconds.or(10.0) <= 3600)) {
            throw new ParameterException(command, "--drain is 0 or more, and --audio-seconds above 0 and at most 3600");
        }
        try (Webhook webhook = new Webhook(settings, spool(uri), text -> {
            err.println("proctap: " + text);
            err.flush();
        })) {
            if (audio.isGiven()) {
                int code = pipe.run(command, !Terminal.isStdout(), format -> new Parts(format, webhook));
                return code == ExitCode.OK ? finish(webhook, err) : code;
            }
            return Lines.run(line -> {
                webhook.line(line);
                return true;
            }, () -> {
                webhook.flush();
                return finish(webhook, err);
            });
        }
    }

    private int finish(Webhook webhook, PrintWriter err) throws InterruptedException {
        boolean all = webhook.drain(Duration.ofMillis(Math.round(drain.or(30.0) * 1000)));
        if (arguments.verbose()) {
            err.println("proctap: " + webhook.delivered() + " messages have arrived");
        }
        if (!all) {
            err.println(
                    "proctap: not everything has arrived; the next 'proctap webhook' to the same URL sends the rest");
        }
        err.flush();
        return all && webhook.rejected() == 0 ? ExitCode.OK : ExitCode.FAILURE;
    }

    private URI uri(CommandLine command) throws IOException {
        String given = address.orNull();
        String text = given != null ? given : System.getenv("WEBHOOK_URL");
        if (text == null || text.isBlank()) {
            throw new ParameterException(command, "where to? Give a URL, @FILE with one, or set WEBHOOK_URL");
        }
        return LlmCommand.address(command, text.startsWith("@") ? read(text.substring(1)).strip() : text.strip());
    }

    private static String read(String file) throws IOException {
        if (!Files.exists(Path.of(file))) {
            throw new NoSuchFileException(file, null, "there is no such file");
        }
        return Files.readString(Path.of(file));
    }

    private Webhook.Settings settings(CommandLine command, URI uri) throws IOException {
        String json = template.orNull();
        if (json != null && service.isGiven()) {
            throw new ParameterException(command, "either --template or --for");
        }
        try {
            MessageFormat format = json == null
                    ? MessageFormat.service(service.or("generic"))
                    : MessageFormat.template(json.startsWith("@") ? read(json.substring(1)) : json);
            return new Webhook.Settings(uri, method.or("POST").toUpperCase(Locale.ROOT), headers(command),
                    token.orNull(command), hmac.orNull(command), hmacHeader.or(Webhook.Settings.USUAL_HMAC_HEADER),
                    format, batch.or(1), LlmCommand.retry(command, timeout.or(10.0), 1));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command, String.valueOf(e.getMessage()), e);
        }
    }

    private Map<String, String> headers(CommandLine command) {
        Map<String, String> result = new LinkedHashMap<>();
        for (List<String> given : List.of(headers.or(List.of()), shortHeaders.or(List.of()))) {
            for (String header : given) {
                int colon = header.indexOf(':');
                if (colon <= 0) {
                    // the value may be a secret
                    throw new ParameterException(command, "a header is 'NAME: VALUE', with a colon");
                }
                result.put(header.substring(0, colon).strip(), header.substring(colon + 1).strip());
            }
        }
        return result;
    }

    /** The folder that was asked for, or the first of those of the URL that no other process uses. */
    private Spool spool(URI uri) throws IOException {
        String folder = spoolFolder.orNull();
        if (folder != null) {
            return new Spool(Path.of(folder));
        }
        Path base = stateFolder().resolve("proctap").resolve("webhook");
        String name = digest(uri.toString());
        for (int i = 0;; i++) {
            try {
                return new Spool(base.resolve(i == 0 ? name : name + "-" + i));
            } catch (Spool.SpoolInUseException e) {
                if (i > 100) {
                    throw e;
                }
            }
        }
    }

    private static Path stateFolder() {
        String windows = System.getenv("LOCALAPPDATA");
        String state = System.getenv("XDG_STATE_HOME");
        if (state != null && !state.isBlank()) {
            return Path.of(state);
        }
        return windows != null && !windows.isBlank()
                ? Path.of(windows)
                : Path.of(System.getProperty("user.home"), ".local", "state");
    }

    /** A URL may hold a secret, which is not to stand in a name. */
    private static String digest(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 12);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Sound in files of a length; it passes unchanged. */
    private final class Parts implements PipeMixin.Stage {

        private final PcmFormat format;
        private final PcmFormat sent;
        private final PcmConverter converter;
        private final Webhook webhook;
        private final long partFrames;
        private final ByteArrayOutputStream part = new ByteArrayOutputStream();

        Parts(PcmFormat format, Webhook webhook) {
            this.format = format;
            this.webhook = webhook;
            sent = AudioOutput.written(format);
            converter = new PcmConverter(format, sent);
            partFrames = Math.max(1, Math.round(audioSeconds.or(10.0) * format.sampleRateHz()));
        }

        @Override
        public void frames(ByteBuffer frames, @Nullable AudioOutput output) throws IOException {
            int count = frames.remaining() / format.frameBytes();
            byte[] bytes = new byte[count * sent.frameBytes()];
            converter.convert(MemorySegment.ofBuffer(frames), 0, count, MemorySegment.ofArray(bytes), 0);
            if (output != null) {
                output.write(frames);
            }
            for (int done = 0; done < count;) {
                int n = (int) Math.min(count - done, partFrames - part.size() / sent.frameBytes());
                part.write(bytes, done * sent.frameBytes(), n * sent.frameBytes());
                done += n;
                if (part.size() / sent.frameBytes() == partFrames) {
                    send();
                }
            }
        }

        private void send() throws IOException {
            ByteArrayOutputStream wav = new ByteArrayOutputStream();
            wav.writeBytes(WavWriter.header(sent, part.size() / sent.frameBytes()));
            part.writeTo(wav);
            part.reset();
            Multipart form = new Multipart().file("audio", "audio.wav", "audio/wav", wav.toByteArray());
            webhook.body(form.contentType(), form.body());
        }

        @Override
        public void end(@Nullable AudioOutput output) throws IOException {
            if (part.size() > 0) {
                send();
            }
        }
    }
}
