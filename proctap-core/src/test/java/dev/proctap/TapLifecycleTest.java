package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.proctap.testbed.Await;
import dev.proctap.testbed.AudioServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Signal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.ClassTemplate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Starting, stopping and closing: from any thread, as often as you like, and never for long. */
@ClassTemplate
@ExtendWith(OnEveryServer.class)
class TapLifecycleTest {

    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);

    @TempDir
    Path folder;

    private AudioTarget target = AudioTarget.pid(1);

    @BeforeEach
    void play(AudioServer server) {
        Program player = Taps.play(server, Signal.noise(1).write(folder.resolve("noise.wav"), 60 * SECOND));
        target = AudioTarget.pid(player.pid());
    }

    @Test
    void startStopAndCloseMayBeRepeated() throws InterruptedException {
        ProcessAudioTap tap = ProcessAudioTap.of(target);
        tap.stop();
        assertThat(tap.isRunning()).isFalse();
        tap.start();
        assertThat(tap.start()).isSameAs(tap);
        assertThat(tap.isRunning()).isTrue();
        Taps.record(tap, 4800);
        tap.stop();
        tap.stop();
        assertThat(tap.isRunning()).isFalse();
        tap.close();
        tap.close();
        tap.stop();
        assertThatThrownBy(tap::start).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
        assertThatThrownBy(() -> tap.read(Duration.ZERO)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void restartAfterStopBeginsAnew() throws InterruptedException {
        try (ProcessAudioTap tap = ProcessAudioTap.of(target).start()) {
            Taps.record(tap, 4800);
            tap.stop();
            tap.start();
            AudioChunk chunk = tap.read(Duration.ofSeconds(5));
            assertThat(chunk).isNotNull();
            assertThat(chunk.framePosition()).isZero();
            assertThat(tap.statistics().chunksDelivered()).isEqualTo(1);
        }
    }

    @Test
    void whatWasQueuedBeforeStopCanStillBeRead() throws InterruptedException {
        try (ProcessAudioTap tap = ProcessAudioTap.of(target).start()) {
            Taps.record(tap, 480);
            Await.until("something is queued", Duration.ofSeconds(5), () -> tap.chunksReady() > 0);
            tap.stop();
            int ready = tap.chunksReady();
            for (int i = 0; i < ready; i++) {
                assertThat(tap.read(Duration.ZERO)).isNotNull();
            }
            assertThat(tap.read(Duration.ofSeconds(5))).isNull();
            assertThat(tap.isDrained()).isTrue();
        }
    }

    @Test
    void ofWhatNobodyReadsTheQueueKeepsTheLatestAndCountsTheRest() throws InterruptedException {
        try (ProcessAudioTap tap = ProcessAudioTap.of(target).start()) {
            Await.until("three queues", Duration.ofSeconds(10), () -> tap.statistics().framesCaptured() > 3 * SECOND);
            assertThat(tap.statistics().losses()).singleElement()
                    .satisfies(loss -> assertThat(loss.cause()).isEqualTo(TapStatistics.LossCause.CONSUMER));
            AudioChunk chunk = tap.read(Duration.ofSeconds(5));
            assertThat(chunk).isNotNull();
            assertThat(chunk.lostFramesBefore()).isEqualTo(chunk.framePosition()).isGreaterThan(SECOND);
        }
    }

    @Test
    void aCallbackMayStopOrCloseItsTap() throws InterruptedException {
        for (boolean close : new boolean[]{false, true}) {
            AtomicReference<ProcessAudioTap> self = new AtomicReference<>();
            AtomicInteger calls = new AtomicInteger();
            CountDownLatch ended = new CountDownLatch(1);
            try (ProcessAudioTap tap = ProcessAudioTap.of(target)) {
                self.set(tap);
                tap.start(chunk -> {
                    calls.incrementAndGet();
                    if (close) {
                        self.get().close();
                    } else {
                        self.get().stop();
                    }
                    ended.countDown();
                });
                assertThat(ended.await(5, TimeUnit.SECONDS)).isTrue();
                Await.until("the delivery thread ends", Duration.ofSeconds(5),
                        () -> threads("proctap").isEmpty());
                assertThat(calls).hasValue(1);
            }
        }
    }

    @Test
    void aListenerMayCloseItsTap() {
        AtomicReference<ProcessAudioTap> self = new AtomicReference<>();
        CountDownLatch closed = new CountDownLatch(1);
        TapOptions options = TapOptions.DEFAULTS.withListener(event -> {
            if (event instanceof TapEvent.StreamLinked) {
                self.get().close();
                closed.countDown();
            }
        });
        ProcessAudioTap tap = ProcessAudioTap.of(target, options);
        self.set(tap);
        try {
            tap.start(chunk -> {});
        } catch (IllegalStateException e) {
            // the listener may be faster than the start that it belongs to
            assertThat(e).hasMessage("this tap is closed");
        }
        assertTimeoutPreemptively(Duration.ofSeconds(5), () -> closed.await());
        Await.until("every thread ends", Duration.ofSeconds(5), () -> threads("proctap").isEmpty());
    }

    @Test
    void closeReturnsWithinASecondWhileTheCallbackHangs() throws InterruptedException {
        CountDownLatch hanging = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        ProcessAudioTap tap = ProcessAudioTap.of(target).start(chunk -> {
            hanging.countDown();
            while (release.getCount() > 0) {
                try {
                    release.await();
                } catch (InterruptedException e) {
                    // stubborn on purpose
                }
            }
            // the memory of a chunk is not taken from under the callback that holds it
            assertThat(chunk.bytes().getFloat()).isFinite();
        });
        assertThat(hanging.await(5, TimeUnit.SECONDS)).isTrue();
        assertTimeoutPreemptively(CLOSE_LIMIT, tap::close);
        release.countDown();
        Await.until("the delivery thread ends", Duration.ofSeconds(5), () -> threads("proctap").isEmpty());
    }

    @Test
    void closeEndsAReadThatWaits(AudioServer server) throws InterruptedException {
        ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(server.start("sleep", "60").pid()),
                TapOptions.DEFAULTS.withWaitForTarget(true)).start();
        AtomicReference<Object> result = new AtomicReference<>("still waiting");
        Thread reader = Thread.ofPlatform().start(() -> {
            try {
                result.set(java.util.Optional.ofNullable(tap.read(Duration.ofMinutes(1))));
            } catch (InterruptedException | RuntimeException e) {
                result.set(e);
            }
        });
        Await.until("the reader waits", Duration.ofSeconds(5), () -> Stream.of(reader.getStackTrace())
                .anyMatch(frame -> frame.getMethodName().equals("await")));
        assertTimeoutPreemptively(CLOSE_LIMIT, tap::close);
        assertThat(reader.join(Duration.ofSeconds(2))).isTrue();
        assertThat(result.get()).isEqualTo(java.util.Optional.empty());
    }

    @Test
    void aCallbackThatThrowsIsReportedAndTheTapGoesOn() throws InterruptedException {
        Taps.Events events = new Taps.Events();
        CountDownLatch third = new CountDownLatch(3);
        try (ProcessAudioTap tap = ProcessAudioTap.of(target, TapOptions.DEFAULTS.withListener(events))
                .start(chunk -> {
                    third.countDown();
                    throw new IllegalStateException("the user's own mistake");
                })) {
            assertThat(third.await(5, TimeUnit.SECONDS)).isTrue();
            assertThat(tap.isRunning()).isTrue();
            assertThat(tap.statistics().callbackFailures()).isGreaterThanOrEqualTo(2);
            assertThat(events.of(TapEvent.CallbackFailed.class)).first()
                    .extracting(failed -> failed.cause().getMessage())
                    .isEqualTo("the user's own mistake");
        }
    }

    @Test
    void manyThreadsMayCloseAtOnce() throws InterruptedException {
        for (int round = 0; round < 20; round++) {
            ProcessAudioTap tap = ProcessAudioTap.of(target).start(chunk -> {});
            List<Thread> closers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                boolean stop = i % 2 == 0;
                closers.add(Thread.ofPlatform().start(() -> {
                    if (stop) {
                        tap.stop();
                    } else {
                        tap.close();
                    }
                }));
            }
            for (Thread closer : closers) {
                assertThat(closer.join(Duration.ofSeconds(2))).isTrue();
            }
            assertThat(tap.isRunning()).isFalse();
        }
        Await.until("every thread ends", Duration.ofSeconds(5), () -> threads("proctap").isEmpty());
    }

    private static List<String> threads(String prefix) {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
                .filter(name -> name.startsWith(prefix)).toList();
    }
}
