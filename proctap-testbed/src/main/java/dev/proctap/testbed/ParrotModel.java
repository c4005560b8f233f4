package dev.proctap.testbed;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A model of whisper.cpp that was never trained: it says the same words from 0 to 1 s whatever it hears. It holds the way to
 * whisper.cpp and back; what a trained model recognizes is another question.
 *
 * <p>The file is as whisper.cpp's models/convert-pt-to-ggml.py writes them. Its layers do nothing, so that the next token follows
 * from the position alone: the position's embedding is large in one dimension, and the token that is to come is the only
 * one that has something there.
 */
public final class ParrotModel {

    private static final int MAGIC = 0x67676d6c;
    private static final int TOKENS = 51_865;
    private static final int END = 50_257;
    private static final int FIRST_TIMESTAMP = 50_364;
    private static final int TIMESTAMPS_PER_SECOND = 50;
    /** The start of the transcript, the language, the task. */
    private static final int PROMPT = 3;
    private static final int WORDS = 256;
    private static final int STATE = 64;
    private static final int LAYERS = 4;
    private static final int AUDIO_FRAMES = 1500;
    private static final int TEXT_TOKENS = 448;
    private static final int MELS = 80;
    private static final int FREQUENCIES = 201;
    private static final int F32 = 0;
    private static final int F16 = 1;
    private static final float LOUD = 100;
    private static final float NORM = 4;

    private final ByteBuffer out = ByteBuffer.allocate(1 << 24).order(ByteOrder.LITTLE_ENDIAN);

    private ParrotModel() {}

    /**
     * Writes a model.
     *
     * @param words
     *            what it says, each with a space before it
     */
    public static Path write(Path file, String... words) throws IOException {
        ParrotModel model = new ParrotModel();
        model.header(words);
        model.encoder();
        model.decoder(words.length);
        return Files.write(file, Arrays.copyOf(model.out.array(), model.out.position()));
    }

    private void header(String... words) {
        out.putInt(MAGIC);
        for (int value : new int[]{TOKENS, AUDIO_FRAMES, STATE, 1, LAYERS, TEXT_TOKENS, STATE, 1, LAYERS, MELS, F16,
                MELS, FREQUENCIES}) {
            out.putInt(value);
        }
        out.position(out.position() + MELS * FREQUENCIES * Float.BYTES);
        out.putInt(WORDS);
        for (int token = 0; token < WORDS; token++) {
            // whisper.cpp looks for the blank
            text(token < words.length ? words[token] : token == words.length ? " " : "word" + token);
        }
    }

    private void text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.putInt(bytes.length).put(bytes);
    }

    /** All 0 and with matrices of half precision, as models are; returns where it begins. */
    private int tensor(String name, boolean matrix, int... size) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        out.putInt(size.length).putInt(bytes.length).putInt(matrix ? F16 : F32);
        int count = 1;
        for (int each : size) {
            out.putInt(each);
            count *= each;
        }
        int begin = out.put(bytes).position();
        out.position(begin + count * (matrix ? Short.BYTES : Float.BYTES));
        return begin;
    }

    private void linear(String name, int in, int to, boolean bias) {
        tensor(name + ".weight", true, in, to);
        if (bias) {
            tensor(name + ".bias", false, to);
        }
    }

    private int norm(String name) {
        int weight = tensor(name + ".weight", false, STATE);
        tensor(name + ".bias", false, STATE);
        return weight;
    }

    private void attention(String name) {
        norm(name + "_ln");
        linear(name + ".query", STATE, STATE, true);
        linear(name + ".key", STATE, STATE, false);
        linear(name + ".value", STATE, STATE, true);
        linear(name + ".out", STATE, STATE, true);
    }

    private void block(String name, boolean decoder) {
        attention(name + ".attn");
        if (decoder) {
            attention(name + ".cross_attn");
        }
        norm(name + ".mlp_ln");
        linear(name + ".mlp.0", STATE, 4 * STATE, true);
        linear(name + ".mlp.2", 4 * STATE, STATE, true);
    }

    private void encoder() {
        tensor("encoder.positional_embedding", false, STATE, AUDIO_FRAMES);
        tensor("encoder.conv1.weight", true, 3, MELS, STATE);
        tensor("encoder.conv1.bias", false, 1, STATE);
        tensor("encoder.conv2.weight", true, 3, STATE, STATE);
        tensor("encoder.conv2.bias", false, 1, STATE);
        norm("encoder.ln_post");
        for (int layer = 0; layer < LAYERS; layer++) {
            block("encoder.blocks." + layer, false);
        }
    }

    private void decoder(int words) {
        int positions = tensor("decoder.positional_embedding", false, STATE, TEXT_TOKENS);
        int tokens = tensor("decoder.token_embedding.weight", true, STATE, TOKENS);
        int norm = norm("decoder.ln");
        for (int i = 0; i < STATE; i++) {
            out.putFloat(norm + i * Float.BYTES, NORM);
        }
        int[] said = new int[words + 3];
        said[0] = FIRST_TIMESTAMP;
        for (int word = 0; word < words; word++) {
            said[word + 1] = word;
        }
        said[words + 1] = FIRST_TIMESTAMP + TIMESTAMPS_PER_SECOND;
        said[words + 2] = END;
        for (int i = 0; i < said.length; i++) {
            out.putFloat(positions + ((PROMPT - 1 + i) * STATE + i) * Float.BYTES, LOUD);
            out.putShort(tokens + (said[i] * STATE + i) * Short.BYTES, Float.floatToFloat16(1));
        }
        for (int layer = 0; layer < LAYERS; layer++) {
            block("decoder.blocks." + layer, true);
        }
    }
}
