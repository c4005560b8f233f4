package dev.proctap.cli;

import dev.proctap.AudioProcess;
import dev.proctap.PlaybackStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A program that records 16-bit stereo at 48 kHz to its standard output: ours, and others that are installed. */
enum Rival {
    PROCTAP("proctap", true) {
        @Override
        List<String> command(Source source) {
            return own("--pid", Long.toString(source.pid), "--stdout");
        }

        @Override
        boolean isInstalled() {
            return true;
        }
    },
    PW_RECORD("pw-record", true) {
        @Override
        List<String> command(Source source) {
            return List.of("pw-record", "--target", Long.toString(source.serial), "--rate", "48000", "--channels", "2",
                    "--format", "s16", "-");
        }
    },
    PAREC("parec", true) {
        @Override
        List<String> command(Source source) {
            return List.of("parec", "--raw", "--format=s16le", "--rate=48000", "--channels=2",
                    "--monitor-stream=" + source.serial);
        }
    },
    FFMPEG("ffmpeg", false) {
        @Override
        List<String> command(Source source) {
            return List.of("ffmpeg", "-nostdin", "-loglevel", "error", "-f", "pulse", "-i", "@DEFAULT_MONITOR@", "-f",
                    "s16le", "-ar", "48000", "-ac", "2", "-flush_packets", "1", "-");
        }
    },
    GSTREAMER("gst-launch-1.0", false) {
        @Override
        List<String> command(Source source) {
            return List.of("gst-launch-1.0", "-q", "pulsesrc", "device=@DEFAULT_MONITOR@", "!", "audioconvert", "!",
                    "audioresample", "!", "audio/x-raw,format=S16LE,rate=48000,channels=2", "!", "fdsink", "fd=1");
        }
    },
    ORIGINAL("python3 -m proctap", true) {
        @Override
        List<String> command(Source source) {
            return List.of("python3", "-m", "proctap", "--pid", Long.toString(source.pid), "--stdout");
        }

        @Override
        boolean isInstalled() {
            return Prerequisites.isOnPath("python3") && run("python3", "-c", "import proctap") == 0;
        }
    };

    private static final Pattern SERIAL = Pattern.compile("object\\.serial = \"(\\d+)\"");
    private static final long PATIENCE_SECONDS = 10;

    private final String shownName;
    private final boolean oneProgram;

    Rival(String shownName, boolean oneProgram) {
        this.shownName = shownName;
        this.oneProgram = oneProgram;
    }

    /**
     * Who is recorded.
     *
     * @param pid
     *            its process
     * @param serial
     *            number of its stream, by which PipeWire's and PulseAudio's programs know it
     */
    record Source(long pid, long serial) {

        /** The first stream of a process. */
        static Source of(AudioProcess process, Map<String, String> environment) {
            PlaybackStream stream = process.streams().getFirst();
            return new Source(process.pid(), serial(stream.id(), environment).orElse(stream.id()));
        }

        private static Optional<Long> serial(long node, Map<String, String> environment) {
            try {
                ProcessBuilder builder = new ProcessBuilder("pw-cli", "info", Long.toString(node))
                        .redirectErrorStream(true);
                builder.environment().putAll(environment);
                Process info = builder.start();
                Matcher serial = SERIAL.matcher(new String(info.getInputStream().readAllBytes(),
                        StandardCharsets.UTF_8));
                return serial.find() ? Optional.of(Long.valueOf(serial.group(1))) : Optional.empty();
            } catch (IOException e) {
                return Optional.empty(); // no PipeWire
            }
        }
    }

    /**
     * What recording cost.
     *
     * @param startUpMillis
     *            from the start to the first byte
     * @param cpuPercent
     *            of one processor, from then on
     * @param memoryMb
     *            resident, at the end
     * @param clicks
     *            the clicks that were heard, in order
     */
    record Cost(double startUpMillis, double cpuPercent, double memoryMb, List<Click> clicks) {}

    /**
     * A click in the sound.
     *
     * @param frame
     *            where it begins in what was recorded
     * @param nanos
     *            when that was read, on the clock of {@link System#nanoTime}
     */
    record Click(long frame, long nanos) {}

    abstract List<String> command(Source source);

    boolean isInstalled() {
        return Prerequisites.isOnPath(shownName);
    }

    /** Whether it records one program, and not all that is heard. */
    boolean isOfOneProgram() {
        return oneProgram;
    }

    String shownName() {
        return shownName;
    }

    /** The command line that runs this very program with arguments. */
    static List<String> own(String... arguments) {
        List<String> command = new ArrayList<>();
        String home = System.getProperty("dev.proctap.home");
        if (home != null) {
            command.add(Path.of(home, "proctap").toString());
        } else {
            command.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx64m", "--enable-native-access=ALL-UNNAMED",
                    "-cp",
                    System.getProperty("java.class.path"), Main.class.getName()));
        }
        command.addAll(List.of(arguments));
        return command;
    }

    private static int run(String... command) {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            return process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) ? process.exitValue() : -1;
        } catch (IOException e) {
            return -1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return -1;
        }
    }

    /**
     * Lets it record for some time.
     *
     * @throws IOException
     *             if nothing came of it
     */
    Cost record(Source source, Map<String, String> environment, double seconds)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command(source)).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().putAll(environment);
        long start = System.nanoTime();
        Process process = builder.start();
        process.getOutputStream().close();
        ClickFinder clicks = new ClickFinder();
        Thread watchdog = Thread.ofPlatform().daemon().start(() -> endIfSilent(process, clicks));
        try (InputStream in = process.getInputStream()) {
            byte[] block = new byte[1 << 14];
            int n = in.read(block);
            long first = System.nanoTime();
            if (n <= 0) {
                throw new IOException(shownName + " recorded nothing");
            }
            double cpuBefore = cpuSeconds(process);
            while (n > 0 && System.nanoTime() - first < seconds * 1e9) {
                clicks.take(block, n, System.nanoTime());
                n = in.read(block);
            }
            double elapsed = (System.nanoTime() - first) / 1e9;
            return new Cost((first - start) / 1e6, 100 * (cpuSeconds(process) - cpuBefore) / elapsed,
                    residentMb(process), clicks.found);
        } finally {
            process.destroyForcibly().waitFor();
            watchdog.interrupt();
        }
    }

    /** A recorder that gives nothing would be read for ever. */
    private static void endIfSilent(Process process, ClickFinder clicks) {
        try {
            Thread.sleep(PATIENCE_SECONDS * 1000);
            if (!clicks.hears) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            // it has ended
        }
    }

    /** Of the threads that live, to the nanosecond: /proc/PID/stat counts in ticks of 10 ms, which is too coarse here. */
    private static double cpuSeconds(Process process) {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/" + process.pid() + "/task"))) {
            return tasks.mapToLong(Rival::cpuNanos).sum() / 1e9;
        } catch (IOException e) {
            return process.info().totalCpuDuration().map(time -> time.toNanos() / 1e9).orElse(Double.NaN);
        }
    }

    private static long cpuNanos(Path task) {
        try {
            String text = Files.readString(task.resolve("schedstat"));
            return Long.parseLong(text, 0, text.indexOf(' '), 10);
        } catch (IOException e) {
            return 0; // it has ended
        }
    }

    private static double residentMb(Process process) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024.0;
                }
            }
        } catch (IOException e) {
            // no Linux
        }
        return Double.NaN;
    }

    /** Finds clicks in 16-bit stereo. */
    private static final class ClickFinder {

        private static final int LOUD = 8000;
        /** A click has ended when it was quiet for so many frames. */
        private static final int QUIET_FRAMES = 64;

        final List<Click> found = new ArrayList<>();
        private long frames;
        volatile boolean hears;
        private int quiet;
        private int carried;
        private final byte[] frame = new byte[4];

        void take(byte[] block, int length, long nanos) {
            hears = true;
            for (int i = 0; i < length; i++) {
                frame[carried++] = block[i];
                if (carried == 4) {
                    carried = 0;
                    boolean loud = Math.abs((frame[1] << 8) | (frame[0] & 0xff)) > LOUD;
                    // what is in the middle of a click at the beginning is none
                    if (loud && quiet >= QUIET_FRAMES) {
                        found.add(new Click(frames, nanos));
                    }
                    quiet = loud ? 0 : quiet + 1;
                    frames++;
                }
            }
        }
    }

}
