package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.proctap.testbed.AudioServer;
import dev.proctap.testbed.Await;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.ClassTemplate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What programs say of themselves is shown without harm, and believed only where nobody knows better. */
@ClassTemplate
@ExtendWith(OnEveryServer.class)
class TapTrustsNobodyTest {

    private static final int LONG = 60 * SECOND;
    private static final Signal WANTED = Signal.noise(1);
    /** A shell with pids of its own, as a container has. */
    private static final List<String> SANDBOX = List.of("unshare", "--pid", "--fork", "--mount-proc", "--kill-child");

    @TempDir
    Path folder;

    private static Program sandboxed(AudioServer server, String command) {
        Taps.assumeNotFake(server, "it has no pid namespaces");
        assumeThat(
                server.start("unshare", "--pid", "--fork", "--mount-proc", "true").waitForExit(Duration.ofSeconds(5)))
                .as("whether namespaces may be made here").isZero();
        return server.start("unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", command);
    }

    @Test
    void namesWithControlCharactersAreHarmless(AudioServer server) {
        Taps.assumeNotMacOs(server, "it knows no names that programs choose");
        Path wav = WANTED.write(folder.resolve("wanted.wav"), LONG);
        String evil = "\u001b]0;owned\u0007\u001b[2J" + "x".repeat(50_000);
        Program player = server.start("paplay", "--latency-msec=100", "--client-name=" + evil, "--stream-name=" + evil,
                wav.toString());
        Taps.awaitPlaying(player);
        Taps.Events events = new Taps.Events();
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(player.pid()),
                TapOptions.DEFAULTS.withListener(events)).start()) {
            assertThat(tap.isRunning()).isTrue();
            events.await(TapEvent.StreamLinked.class, 1);
        }
        String shown = AudioProcess.list().toString() + events.of(TapEvent.StreamLinked.class);
        assertThat(shown).contains("owned");
        assertThat(shown.chars().noneMatch(Character::isISOControl)).isTrue();
        assertThat(shown.length()).isLessThan(5_000);
    }

    @Test
    void aProgramWithPidsOfItsOwnIsFoundByTheOneWeKnow(AudioServer server) throws InterruptedException {
        Program sandbox = sandboxed(server,
                server.playCommand(WANTED.write(folder.resolve("wanted.wav"), LONG)) + "; :");
        Taps.awaitPlaying(sandbox);
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(sandbox.pid())).start()) {
            Taps.assertExact(Taps.record(tap, SECOND / 2).match(WANTED, LONG));
        }
    }

    @Test
    void aFlatpakIsFoundByItsId(AudioServer server) throws InterruptedException, IOException {
        Taps.assumeNotFake(server, "it has no Flatpak");
        Path root = Files.createDirectory(folder.resolve("root"));
        Path wav = WANTED.write(folder.resolve("wanted.wav"), LONG);
        // what Flatpak does: a root of its own, with a file that tells the application
        Files.writeString(folder.resolve("info"), "[Application]\nname=org.example.Player\n[Instance]\nname=no\n");
        Program sandbox = sandboxed(server, "set -e; mount -t tmpfs none " + root + "; cp " + folder + "/info " + root
                + "/.flatpak-info; for d in bin lib lib64 usr etc proc tmp dev sys root home; do [ -e /$d ] || continue;"
                + " mkdir -p " + root + "/$d; mount --rbind /$d " + root + "/$d; done; chroot " + root + " "
                + server.playCommand(wav) + "; :");
        Taps.awaitPlaying(sandbox);
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.application("org.example.player")).start()) {
            Taps.assertExact(Taps.record(tap, SECOND / 2).match(WANTED, LONG));
        }
    }

    @Test
    void pidsOfAnotherMachineAreNotOurs(AudioServer server) throws InterruptedException {
        Taps.assumeNotFake(server, "its service is of this machine");
        Program player = Taps.play(server, WANTED.write(folder.resolve("wanted.wav"), LONG));
        assumeThat(
                server.start("unshare", "--pid", "--fork", "--mount-proc", "true").waitForExit(Duration.ofSeconds(5)))
                .as("whether namespaces may be made here").isZero();
        // for a process with pids of its own the server is one of another machine
        Program elsewhere = ForkedJava.start(server, SANDBOX, Map.of(), List.of(), Lists.class);
        Await.until(elsewhere::output, Duration.ofSeconds(20), () -> elsewhere.output().contains("listed"));
        assertThat(elsewhere.output()).contains("listed []");
        assertThat(AudioProcess.list()).anyMatch(process -> process.pid() == player.pid());
    }

    /** Prints the processes that play. */
    static final class Lists {

        private Lists() {}

        public static void main(String[] arguments) {
            System.out.println("listed " + AudioProcess.list());
        }
    }

    @Test
    void aProgramThatClaimsAnothersPidIsNotRecordedWhereTheServerKnowsBetter(AudioServer server)
            throws InterruptedException {
        assumeThat(server).as("a server that knows").isInstanceOf(PipeWireServer.class);
        Program wanted = Taps.play(server, WANTED.write(folder.resolve("wanted.wav"), LONG));
        Path loud = Signal.noise(2).write(folder.resolve("loud.wav"), LONG);
        Program liar = server.start("pw-play", "-P", "{ client.api = pipewire-pulse application.process.id = "
                + wanted.pid() + " application.process.binary = pw-cat }", loud.toString());
        Taps.awaitPlaying(liar);
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(wanted.pid())).start()) {
            Recording recording = Taps.record(tap, SECOND);
            Taps.assertExact(recording.match(WANTED, LONG));
            assertThat(tap.statistics().streamsLinked()).isEqualTo(1);
        }
    }
}
