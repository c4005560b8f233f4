package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proctap.pcm.PcmFormat;
import dev.proctap.pcm.SampleFormat;
import dev.proctap.testbed.Await;
import dev.proctap.testbed.AudioServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicReference;
import javax.sound.sampled.AudioFormat;
import javax.sound.sampled.AudioInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.ClassTemplate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Callback, read, iteration, publisher and AudioInputStream are views of one queue. */
@ClassTemplate
@ExtendWith(OnRealServers.class)
class WaysToReceiveTest {

    private static final int LONG = 60 * SECOND;
    private static final Signal PLAYED = Signal.noise(1);

    @TempDir
    Path folder;

    private AudioTarget target = AudioTarget.pid(1);

    @BeforeEach
    void play(AudioServer server) {
        Program player = Taps.play(server, PLAYED.write(folder.resolve("played.wav"), LONG));
        target = AudioTarget.pid(player.pid());
    }

    @Test
    void callback() {
        Recording recording = new Recording();
        List<Long> positions = new ArrayList<>();
        try (ProcessAudioTap tap = ProcessAudioTap.of(target).start(chunk -> {
            positions.add(chunk.framePosition());
            recording.addFloats(chunk.bytes());
        })) {
            Await.until("a second", Duration.ofSeconds(10), () -> recording.frames() > SECOND);
            tap.stop();
            Taps.assertExact(recording.match(PLAYED, LONG));
            for (int i = 0; i < positions.size(); i++) {
                assertThat(positions.get(i)).isEqualTo(480L * i);
            }
            assertThatThrownBy(() -> tap.read(Duration.ZERO)).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("callback");
        }
    }

    @Test
    void iteration() {
        Recording recording = new Recording();
        try (ProcessAudioTap tap = ProcessAudioTap.of(target).start()) {
            for (AudioChunk chunk : tap.chunks()) {
                recording.addFloats(chunk.bytes());
                if (recording.frames() >= SECOND) {
                    tap.stop();
                }
            }
            assertThat(tap.isDrained()).isTrue();
        }
        Taps.assertExact(recording.match(PLAYED, LONG));
    }

    @Test
    void aReadThatFindsNothingInTimeReturnsNull(AudioServer server) throws InterruptedException {
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(server.start("sleep", "60").pid()),
                TapOptions.DEFAULTS.withWaitForTarget(true)).start()) {
            assertThat(tap.read(Duration.ofMillis(50))).isNull();
            assertThat(tap.read(Duration.ZERO)).isNull();
            assertThat(tap.isRunning()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 10, 250, 1000})
    void chunksAreAsLongAsAskedFor(int millis) throws InterruptedException {
        TapOptions options = TapOptions.DEFAULTS.withChunk(Duration.ofMillis(millis));
        try (ProcessAudioTap tap = ProcessAudioTap.of(target, options).start()) {
            Recording recording = new Recording();
            for (int i = 0; i < 3; i++) {
                AudioChunk chunk = Objects.requireNonNull(tap.read(Duration.ofSeconds(5)));
                assertThat(chunk.frames()).isEqualTo(48 * millis);
                assertThat(chunk.samples().byteSize()).isEqualTo(48L * millis * 8);
                recording.addFloats(chunk.bytes());
            }
            if (recording.frames() - recording.firstSound(0) > 64) {
                Taps.assertExact(recording.match(PLAYED, LONG));
            }
        }
    }

    @Test
    void samplesAreThoseOfTheQueueAndACopyIsKept() throws InterruptedException {
        try (ProcessAudioTap tap = ProcessAudioTap.of(target).start()) {
            Taps.record(tap, SECOND / 2);
            AudioChunk chunk = Objects.requireNonNull(tap.read(Duration.ofSeconds(5)));
            AudioChunk copy = chunk.copy();
            byte[] bytes = chunk.samples().toArray(ValueLayout.JAVA_BYTE);
            assertThat(chunk.samples().isReadOnly()).isTrue();
            assertThat(chunk.bytes().isReadOnly()).isTrue();
            assertThat(copy.samples().mismatch(chunk.samples())).isEqualTo(-1);
            assertThat(copy.framePosition()).isEqualTo(chunk.framePosition());
            assertThat(copy.captureTimeNanos()).isEqualTo(chunk.captureTimeNanos());
            // more than a whole queue later the memory was used again
            Taps.record(tap, 3 * SECOND / 2);
            assertThat(copy.samples().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(bytes);
            tap.close();
            assertThat(copy.samples().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(bytes);
            assertThatThrownBy(() -> chunk.samples().get(ValueLayout.JAVA_BYTE, 0))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    /** Takes what it asked for, and no more. */
    private static final class Taker implements Flow.Subscriber<AudioChunk> {

        final AtomicReference<Flow.@Nullable Subscription> subscription = new AtomicReference<>();
        final Queue<AudioChunk> chunks = new ConcurrentLinkedQueue<>();
        final AtomicReference<@Nullable Object> end = new AtomicReference<>();

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription.set(given);
        }

        @Override
        public void onNext(AudioChunk chunk) {
            chunks.add(chunk);
        }

        @Override
        public void onError(Throwable failure) {
            end.set(failure);
        }

        @Override
        public void onComplete() {
            end.set("complete");
        }

        void request(long n) {
            Objects.requireNonNull(subscription.get()).request(n);
        }
    }

    @Test
    void publisherDeliversNoMoreThanRequestedAndCountsWhatASlowSubscriberLoses() {
        try (ProcessAudioTap tap = ProcessAudioTap.of(target)) {
            Taker taker = new Taker();
            tap.publisher().subscribe(taker);
            Await.until("the tap has captured two queues", Duration.ofSeconds(10),
                    () -> tap.statistics().framesCaptured() > 2 * SECOND);
            assertThat(taker.chunks).isEmpty();
            taker.request(3);
            Await.until("three chunks", Duration.ofSeconds(5), () -> taker.chunks.size() == 3);
            long captured = tap.statistics().framesCaptured();
            Await.until("time for one too many", Duration.ofSeconds(5),
                    () -> tap.statistics().framesCaptured() > captured + SECOND / 4);
            assertThat(taker.chunks).hasSize(3);
            assertThat(tap.statistics().framesLost()).isPositive();
            taker.request(Long.MAX_VALUE);
            Await.until("the rest", Duration.ofSeconds(5), () -> taker.chunks.size() > 50);
            long position = 0;
            Recording recording = new Recording();
            for (AudioChunk chunk : taker.chunks) {
                assertThat(chunk.framePosition()).isEqualTo(position + chunk.lostFramesBefore());
                position = chunk.framePosition() + chunk.frames();
                if (chunk.lostFramesBefore() > 0) {
                    recording = new Recording();
                }
                recording.addFloats(chunk.bytes());
            }
            Taps.assertExact(recording.match(PLAYED, LONG, 0, SECOND / 4));
            tap.stop();
            Await.until("the end", Duration.ofSeconds(5), () -> "complete".equals(taker.end.get()));
        }
    }

    @Test
    void aSubscriberMayCancelAndAWrongRequestIsAnError() {
        try (ProcessAudioTap tap = ProcessAudioTap.of(target)) {
            Taker taker = new Taker();
            tap.publisher().subscribe(taker);
            taker.request(Long.MAX_VALUE);
            Await.until("a chunk", Duration.ofSeconds(5), () -> !taker.chunks.isEmpty());
            Objects.requireNonNull(taker.subscription.get()).cancel();
            Await.until("the tap has ended", Duration.ofSeconds(5), () -> !tap.isRunning());
            assertThat(taker.end.get()).isNull();

            Taker wrong = new Taker();
            tap.publisher().subscribe(wrong);
            wrong.request(0);
            Await.until("an error", Duration.ofSeconds(5),
                    () -> wrong.end.get() instanceof IllegalArgumentException);
        }
    }

    @Test
    void aPublisherOfATapThatCannotStartFailsItsSubscriber(AudioServer server) {
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(server.start("sleep", "60").pid()))) {
            Taker taker = new Taker();
            tap.publisher().subscribe(taker);
            Await.until("an error", Duration.ofSeconds(5), () -> taker.end.get() instanceof ProcTapException);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"F32", "S16"})
    void audioInputStream(SampleFormat format) throws IOException {
        TapOptions options = TapOptions.DEFAULTS.withFormat(PcmFormat.STANDARD.withSampleFormat(format));
        try (ProcessAudioTap tap = ProcessAudioTap.of(target, options).start();
                AudioInputStream stream = tap.audioInputStream()) {
            AudioFormat declared = stream.getFormat();
            assertThat(declared.getEncoding()).isEqualTo(
                    format == SampleFormat.F32 ? AudioFormat.Encoding.PCM_FLOAT : AudioFormat.Encoding.PCM_SIGNED);
            assertThat(declared.getSampleRate()).isEqualTo(48_000f);
            assertThat(declared.getFrameSize()).isEqualTo(2 * format.bytes());
            byte[] bytes = stream.readNBytes(SECOND * declared.getFrameSize());
            ByteBuffer buffer = ByteBuffer.wrap(bytes)
                    .order(declared.isBigEndian() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
            Recording recording = new Recording();
            if (format == SampleFormat.F32) {
                recording.addFloats(buffer);
            } else {
                recording.addShorts(buffer);
            }
            Taps.assertExact(recording.match(PLAYED, LONG));
            tap.stop();
            assertThat(stream.readAllBytes().length % declared.getFrameSize()).isZero();
            assertThat(stream.read(new byte[16])).isEqualTo(-1);
        }
    }
}
