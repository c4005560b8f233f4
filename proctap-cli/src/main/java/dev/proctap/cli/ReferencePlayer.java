package dev.proctap.cli;

import dev.proctap.AudioProcess;
import dev.proctap.ProcTapException;
import dev.proctap.testbed.Await;
import dev.proctap.testbed.Program;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

/** A program of this machine that plays a file to the user's audio server. */
final class ReferencePlayer {

    /** The words before the file's name; the first that is installed is taken. */
    private static final List<List<String>> PLAYERS = List.of(List.of("pw-play"), List.of("paplay"),
            List.of("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"), List.of("aplay", "-q"), List.of("afplay"));

    private ReferencePlayer() {}

    /**
     * Waits until a player can be heard; returns what the audio server knows of it.
     *
     * @throws IllegalStateException
     *             if that takes too long
     */
    static AudioProcess awaitPlaying(Program player) {
        AtomicReference<AudioProcess> found = new AtomicReference<>();
        Await.until(() -> player + " does not play: " + player.output(), Duration.ofSeconds(10), () -> {
            AudioProcess.list().stream().filter(process -> process.pid() == player.pid() && process.playing())
                    .forEach(found::set);
            return found.get() != null;
        });
        return found.get();
    }

    /**
     * Starts to play; returns when it can be heard.
     *
     * @throws ProcTapException
     *             if no player is installed, or it does not play
     */
    static Program play(Path file) {
        for (List<String> player : PLAYERS) {
            if (Prerequisites.isOnPath(player.getFirst())) {
                List<String> command = new ArrayList<>(player);
                command.add(file.toString());
                Program program = Program.start(Map.of(), command.toArray(String[]::new));
                try {
                    awaitPlaying(program);
                    return program;
                } catch (IllegalStateException e) {
                    String output = program.output().strip();
                    program.close();
                    if (player.equals(PLAYERS.getLast())) {
                        throw new ProcTapException(ProcTapException.Kind.FAILED,
                                player.getFirst() + " does not play: " + output, e);
                    }
                }
            }
        }
        throw new ProcTapException(ProcTapException.Kind.FAILED,
                "there is no program to play with; install pw-play (pipewire-bin) or paplay (pulseaudio-utils)");
    }
}
