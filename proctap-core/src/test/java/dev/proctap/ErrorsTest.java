package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.proctap.testbed.Await;
import dev.proctap.testbed.AudioServer;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Signal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.ClassTemplate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be had is told in words, and of a kind that a program can tell apart. */
@ClassTemplate
@ExtendWith(OnEveryServer.class)
class ErrorsTest {

    private static ProcTapException failureOf(AudioTarget target, TapOptions options) {
        try (ProcessAudioTap tap = ProcessAudioTap.of(target, options)) {
            ProcTapException failure = catchThrowableOfType(ProcTapException.class, tap::start);
            assertThat(tap.isRunning()).isFalse();
            return failure;
        }
    }

    private static ProcTapException failureOf(long pid) {
        return failureOf(AudioTarget.pid(pid), TapOptions.DEFAULTS);
    }

    @Test
    void noSuchProcess(AudioServer server) {
        Program ended = server.start("true");
        ended.waitForExit(Duration.ofSeconds(5));
        ProcTapException failure = failureOf(ended.pid());
        assertThat(failure.kind()).isEqualTo(ProcTapException.Kind.NO_SUCH_PROCESS);
        assertThat(failure).hasMessage("no process " + ended.pid());
        assertThat(failureOf(AudioTarget.pid(ended.pid()), TapOptions.DEFAULTS.withWaitForTarget(true)).kind())
                .isEqualTo(ProcTapException.Kind.NO_SUCH_PROCESS);
    }

    @Test
    void notPlaying(AudioServer server) {
        Program idle = server.start("sleep", "60");
        ProcTapException failure = failureOf(idle.pid());
        assertThat(failure.kind()).isEqualTo(ProcTapException.Kind.NOT_PLAYING);
        assertThat(failure).hasMessage("sleep (pid " + idle.pid() + ") is not playing anything");
    }

    @Test
    void theTargetEndsWhileItIsWaitedFor(AudioServer server) throws InterruptedException {
        Program idle = server.start("sleep", "60");
        try (ProcessAudioTap tap = ProcessAudioTap
                .of(AudioTarget.pid(idle.pid()), TapOptions.DEFAULTS.withWaitForTarget(true)).start()) {
            assertThat(tap.isRunning()).isTrue();
            idle.close();
            ProcTapException failure = catchThrowableOfType(ProcTapException.class,
                    () -> tap.read(Duration.ofSeconds(5)));
            assertThat(failure.kind()).isEqualTo(ProcTapException.Kind.NO_SUCH_PROCESS);
            assertThat(failure).hasMessageContaining("ended before it played anything");
        }
    }

    @Test
    void anotherUsersProcess(AudioServer server) {
        boolean root = "root".equals(System.getProperty("user.name"));
        long pid = root
                ? server.start("setpriv", "--reuid=65534", "--clear-groups", "sleep", "60").pid()
                : 1;
        Await.until("it is another user's", Duration.ofSeconds(5), () -> !ProcessHandle.of(pid).orElseThrow().info()
                .user().equals(ProcessHandle.current().info().user()));
        String user = ProcessHandle.of(pid).orElseThrow().info().user().orElseThrow();
        ProcTapException failure = failureOf(pid);
        assertThat(failure.kind()).isEqualTo(ProcTapException.Kind.NOT_PERMITTED);
        assertThat(failure).hasMessageContaining("(pid " + pid + ") is " + user + "'s")
                .hasMessageContaining("run as " + user);
    }

    @Test
    void noAudioServer(AudioServer server, @TempDir Path folder) {
        Taps.assumeNotFake(server, "its service has no address");
        boolean pipeWire = server instanceof PipeWireServer;
        String property = pipeWire ? "dev.proctap.pipewire.remote" : "dev.proctap.pulse.server";
        String nothing = (pipeWire ? "" : "unix:") + folder.resolve("nothing");
        String before = System.setProperty(property, nothing);
        try {
            ProcTapException failure = failureOf(ProcessHandle.current().pid());
            assertThat(failure.kind()).isEqualTo(ProcTapException.Kind.NO_AUDIO_SERVER);
            assertThat(failure).hasMessageContaining("server answers at " + nothing)
                    .hasMessageContaining("systemctl --user start " + (pipeWire ? "pipewire" : "pulseaudio"));
            assertThat(catchThrowableOfType(ProcTapException.class, AudioProcess::list).kind())
                    .isEqualTo(ProcTapException.Kind.NO_AUDIO_SERVER);
        } finally {
            System.setProperty(property, String.valueOf(before));
        }
    }

    @Test
    void aServerThatNeverAnswersIsNotWaitedForForEver(AudioServer server) {
        Taps.assumeNotFake(server, "the fake is a part of the process that it would stop");
        Program stopped = server.start("sleep", "60");
        server.signal("STOP");
        try {
            long start = System.nanoTime();
            ProcTapException failure = failureOf(stopped.pid());
            assertThat(failure.kind()).isEqualTo(ProcTapException.Kind.NO_AUDIO_SERVER);
            assertThat(failure).hasMessageContaining("does not answer");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
        } finally {
            server.signal("CONT");
        }
    }

    @Test
    void closeReturnsWhileAnotherThreadOpensTheTapOnAServerThatHangs(AudioServer server)
            throws InterruptedException {
        Taps.assumeNotFake(server, "the fake is a part of the process that it would stop");
        Program idle = server.start("sleep", "60");
        server.signal("STOP");
        try {
            ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(idle.pid()));
            AtomicReference<Throwable> thrown = new AtomicReference<>(new AssertionError("nothing was thrown"));
            Thread opener = Thread.ofPlatform().start(
                    () -> thrown.set(org.assertj.core.api.Assertions.catchThrowable(tap::start)));
            Await.until("it opens", Duration.ofSeconds(5), () -> Thread.getAllStackTraces().keySet().stream()
                    .anyMatch(thread -> thread.getName().equals("proctap-control")));
            org.junit.jupiter.api.Assertions.assertTimeoutPreemptively(Duration.ofSeconds(1), tap::close);
            assertThat(opener.join(Duration.ofSeconds(20))).isTrue();
            assertThat(thrown.get()).isInstanceOfAny(ProcTapException.class, IllegalStateException.class);
            assertThat(tap.isRunning()).isFalse();
        } finally {
            server.signal("CONT");
        }
    }

    @Test
    void closeReturnsAlsoWhereTheServerHangs(AudioServer server, @TempDir Path folder) {
        Taps.assumeNotFake(server, "the fake is a part of the process that it would stop");
        Program player = Taps.play(server, Signal.noise(1).write(folder.resolve("noise.wav"), 60 * SECOND));
        ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(player.pid())).start(chunk -> {});
        server.signal("STOP");
        try {
            org.junit.jupiter.api.Assertions.assertTimeoutPreemptively(Duration.ofSeconds(1), tap::close);
        } finally {
            server.signal("CONT");
        }
        Await.until("the threads end once the server goes on", Duration.ofSeconds(10),
                () -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith("proctap")));
    }

    @Test
    void wrongOptionsSayWhatIsRightAndWhatWasSeen() {
        assertThatIllegalArgumentException().isThrownBy(() -> AudioTarget.pid(0)).withMessageContaining("not 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TapOptions.DEFAULTS.withChunk(Duration.ofMillis(1001)))
                .withMessageContaining("1 ms to 1 s").withMessageContaining("1001.0 ms");
        assertThatIllegalArgumentException().isThrownBy(() -> TapOptions.DEFAULTS.withChunk(Duration.ofNanos(999_999)));
        assertThatIllegalArgumentException().isThrownBy(() -> TapOptions.DEFAULTS.withQueue(Duration.ofMillis(19)))
                .withMessageContaining("two chunks");
        assertThatIllegalArgumentException().isThrownBy(() -> TapOptions.DEFAULTS.withLatency(Duration.ofSeconds(2)));
    }
}
