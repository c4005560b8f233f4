package dev.proctap;

import static dev.proctap.Taps.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.testbed.AudioServer;
import dev.proctap.testbed.Await;
import dev.proctap.testbed.PipeWireServer;
import dev.proctap.testbed.Program;
import dev.proctap.testbed.Recording;
import dev.proctap.testbed.Signal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.ClassTemplate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Many programs, many streams, many taps. */
@Tag("alone")
@ClassTemplate
@ExtendWith(OnRealServers.class)
class TapSurvivesCrowdsTest {

    private static final int LONG = 120 * SECOND;

    @TempDir
    Path folder;

    @BeforeEach
    void manyProgramsWakeInEveryCycle(AudioServer server) {
        server.useLongCycles();
    }

    @Test
    void oneOfFiftyProgramsThatPlayAtOnce(AudioServer server) throws InterruptedException {
        // a sink of PulseAudio mixes 32 streams and lets the others wait
        int count = server instanceof PipeWireServer ? 50 : 32;
        Path others = Signal.noise(2).write(folder.resolve("others.wav"), LONG);
        for (int i = 0; i < count - 1; i++) {
            server.start("sh", "-c", "exec " + server.playCommand(others));
        }
        Signal wanted = Signal.noise(1);
        Program target = Taps.play(server, wanted.write(folder.resolve("wanted.wav"), LONG));
        Await.until("all programs play", Duration.ofSeconds(30),
                () -> AudioProcess.list().stream().filter(AudioProcess::playing).count() == count);
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid())).start()) {
            Recording recording = Taps.record(tap, 3 * SECOND);
            // the machine may be too slow for all of them: then the program itself stumbles, but nobody else is heard
            assertThat(recording.pieces(wanted, LONG, 0)).isNotEmpty();
            assertThat(tap.statistics().streamsLinked()).isEqualTo(1);
            Taps.printLoss("one of " + count + " programs", tap);
        }
    }

    @Test
    void twentyTapsOnTheSameAndOnDifferentPrograms(AudioServer server) throws InterruptedException {
        List<Signal> signals = new ArrayList<>();
        List<ProcessAudioTap> taps = new ArrayList<>();
        List<Recording> recordings = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                Signal signal = Signal.noise(10 + i);
                Program program = Taps.play(server, signal.write(folder.resolve(i + ".wav"), LONG));
                for (int k = 0; k < 5; k++) {
                    signals.add(signal);
                    recordings.add(new Recording());
                    taps.add(ProcessAudioTap.of(AudioTarget.pid(program.pid()),
                            TapOptions.DEFAULTS.withQueue(Duration.ofSeconds(20))).start());
                }
            }
            for (int piece = 0; piece < 10; piece++) {
                for (int i = 0; i < taps.size(); i++) {
                    Taps.record(taps.get(i), recordings.get(i), SECOND / 10);
                }
            }
            for (int i = 0; i < taps.size(); i++) {
                Taps.assertExact(recordings.get(i).match(signals.get(i), LONG, recordings.get(i).firstSound(0),
                        recordings.get(i).frames()));
            }
            Taps.printLoss("one of 20 taps", taps.getFirst());
        } finally {
            taps.forEach(ProcessAudioTap::close);
        }
    }

    @Test
    void aProgramThatOpensAndClosesAThousandStreams(AudioServer server) throws InterruptedException {
        Path sound = Signal.noise(1).write(folder.resolve("sound.wav"), LONG);
        Signal last = Signal.noise(3);
        Path end = last.write(folder.resolve("end.wav"), LONG);
        Program target = server.start("sh", "-c", "i=0; while [ $i -lt 50 ]; do k=0; while [ $k -lt 20 ]; do "
                + "timeout 0.3 " + server.playCommand(sound) + " & k=$((k+1)); done; wait; i=$((i+1)); done; "
                + server.playCommand(end) + "; :");
        Taps.Events events = new Taps.Events();
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid()),
                TapOptions.DEFAULTS.withWaitForTarget(true).withListener(events)).start()) {
            Recording tail = new Recording();
            long start = System.nanoTime();
            while (tail.frames() < SECOND || !tail.goesOn(last, tail.match(last, LONG).signalFrame(), 0)) {
                AudioChunk chunk = tap.read(Duration.ofSeconds(5));
                assertThat(chunk).isNotNull();
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMinutes(3));
                if (tail.frames() >= SECOND) {
                    tail = new Recording();
                }
                tail.addFloats(chunk.bytes());
            }
            Taps.assertExact(tail.match(last, LONG));
            assertThat(tap.statistics().streamsLinked()).isEqualTo(1);
            assertThat(events.of(TapEvent.StreamUnlinked.class))
                    .hasSize(events.of(TapEvent.StreamLinked.class).size() - 1);
            Taps.printLoss(events.of(TapEvent.StreamLinked.class).size() + " streams captured of 1001 opened", tap);
        }
    }

    @Test
    void aTargetThatIsStoppedAndGoesOn(AudioServer server) throws InterruptedException {
        Signal wanted = Signal.noise(1);
        Program target = Taps.play(server, wanted.write(folder.resolve("wanted.wav"), LONG));
        try (ProcessAudioTap tap = ProcessAudioTap.of(AudioTarget.pid(target.pid()),
                TapOptions.DEFAULTS.withQueue(Duration.ofSeconds(20))).start()) {
            Recording recording = Taps.record(tap, SECOND / 2);
            long stopped = System.nanoTime();
            target.signal("STOP");
            Thread.sleep(2000); // the time itself is what is tried
            target.signal("CONT");
            long seconds = (System.nanoTime() - stopped) / 1_000_000_000;
            Taps.recordWithLosses(tap, recording, (seconds + 2) * SECOND);
            List<Recording.Match> pieces = recording.pieces(wanted, LONG, 0);
            Recording.Match end = pieces.getLast();
            assertThat(end.firstFrame() + end.frames()).as("it plays to the end").isEqualTo(recording.frames());
            Taps.printLoss("target stopped for 2 s", tap);
        }
    }
}
