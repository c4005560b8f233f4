package dev.proctap.pipes.speech;

import dev.proctap.file.WavWriter;
import dev.proctap.pcm.PcmConverter;
import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.pipes.http.DeliveryException;
import dev.proctap.pipes.http.HttpSender;
import dev.proctap.pipes.http.Multipart;
import dev.proctap.pipes.http.RetryPolicy;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Speech to text by a server that speaks OpenAI's audio transcriptions. */
public final class ApiRecognizer implements SpeechRecognizer {

    private static final PcmFormat FLOATS = new PcmFormat(SAMPLE_RATE_HZ, 1, SampleFormat.F32)
            .withByteOrder(ByteOrder.nativeOrder());
    private static final PcmFormat SENT = FLOATS.withSampleFormat(SampleFormat.S16)
            .withByteOrder(ByteOrder.LITTLE_ENDIAN);

    private final HttpSender sender;
    private final URI uri;
    private final @Nullable String apiKey;
    private final String model;
    private final @Nullable String language;
    private final PcmConverter converter = new PcmConverter(FLOATS, SENT);

    /**
     * @param baseUrl
     *            of the API, for example {@code https://api.openai.com/v1}
     * @param apiKey
     *            null where the server needs none
     * @param language
     *            null to let it find out
     */
    public ApiRecognizer(URI baseUrl, @Nullable String apiKey, String model, @Nullable String language,
            RetryPolicy retry) {
        if (baseUrl.getHost() == null) {
            throw new IllegalArgumentException(
                    "the address of an API begins with http:// or https:// and a server, not " + baseUrl);
        }
        String base = baseUrl.toString();
        uri = URI.create(base + (base.endsWith("/") ? "" : "/") + "audio/transcriptions");
        this.apiKey = apiKey;
        this.model = model;
        this.language = language;
        sender = new HttpSender(retry, apiKey == null ? List.of() : List.of(apiKey));
    }

    @Override
    public List<Phrase> recognize(float[] mono) throws DeliveryException, InterruptedException {
        Multipart form = new Multipart().file("file", "audio.wav", "audio/wav", wav(mono)).field("model", model)
                .field("response_format", "verbose_json").field("temperature", "0");
        if (language != null) {
            form.field("language", language);
        }
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Content-Type", form.contentType());
        if (apiKey != null) {
            headers.put("Authorization", "Bearer " + apiKey);
        }
        HttpSender.Answer answer = sender.send(new HttpSender.Request("POST", uri, headers, form.body()));
        return phrases(answer.text(), (double) mono.length / SAMPLE_RATE_HZ);
    }

    private byte[] wav(float[] mono) {
        byte[] header = WavWriter.header(SENT, mono.length);
        byte[] file = Arrays.copyOf(header, header.length + mono.length * SENT.frameBytes());
        converter.convert(MemorySegment.ofArray(mono), 0, mono.length, MemorySegment.ofArray(file), header.length);
        return file;
    }

    /** With times where the server tells them, as one phrase where not. */
    private List<Phrase> phrases(String answer, double seconds) throws DeliveryException {
        JsonNode root;
        try {
            root = JsonMapper.shared().readTree(answer);
        } catch (JacksonException e) {
            throw strange(e);
        }
        List<Phrase> phrases = new ArrayList<>();
        for (JsonNode segment : root.path("segments")) {
            String text = segment.path("text").stringValue("").strip();
            if (!text.isEmpty()) {
                phrases.add(new Phrase(Math.clamp(segment.path("start").doubleValue(0), 0, seconds),
                        Math.clamp(segment.path("end").doubleValue(seconds), 0, seconds), text));
            }
        }
        JsonNode text = root.path("text");
        if (!text.isString() && phrases.isEmpty()) {
            throw strange(null);
        }
        if (phrases.isEmpty() && !text.stringValue("").isBlank()) {
            phrases.add(new Phrase(0, seconds, text.stringValue("").strip()));
        }
        return phrases;
    }

    private DeliveryException strange(@Nullable Throwable cause) {
        return new DeliveryException(DeliveryException.Kind.REFUSED, uri.getScheme() + "://" + uri.getAuthority()
                + " gives something that is no transcription; is it an OpenAI-compatible server, and --base-url its API?",
                cause, null);
    }

    @Override
    public void close() {
        sender.close();
    }
}
