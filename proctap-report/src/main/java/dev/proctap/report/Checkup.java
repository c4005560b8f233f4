package dev.proctap.report;

import dev.proctap.AudioSystem;
import dev.proctap.ProcTapException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What of this machine decides whether captures work: audio systems and their versions, the user's session, sandboxes, what
 * keeps threads from running in time, and Java itself.
 *
 * @param checks
 *            everything that was looked at
 * @param problem
 *            why no capture can work, null where one can
 */
public record Checkup(List<Check> checks, @Nullable ProcTapException problem) {

    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)(?:\\.(\\d+))?");
    private static final long MEMORY_NEEDED = 256L << 20;

    /**
     * A version that is known to do something worse than others.
     *
     * @param from
     *            the first one, as {@code major.minor.micro}
     * @param below
     *            the first one that does not any more
     */
    private record Known(String program, String from, String below, Check.State state, String what, String advice) {}

    /** Each was seen here, see {@code docs/pipewire.md}. */
    private static final List<Known> KNOWN = List.of(
            new Known("PipeWire", "0.3.48", "0.3.56", Check.State.NOTE,
                    "takes 32767 for the full scale of 16-bit samples: what programs play with 16 bits is 0.0003 dB"
                            + " louder in every recording",
                    "update PipeWire to 0.3.56 or later"),
            new Known("PipeWire", "0.3.68", "1.6.0", Check.State.NOTE,
                    "may miss the first cycle of a stream whose sink was asleep", ""),
            new Known("WirePlumber", "0.4.0", "0.5.0", Check.State.NOTE,
                    "when it is started again it forgets to link some streams, with and without ProcTap: --mute, and"
                            + " moving streams, may need a second try",
                    "update WirePlumber to 0.5 or later"),
            new Known("PulseAudio", "0.0.0", "13.0.0", Check.State.NOTE,
                    "is older than what ProcTap is tested with (16.1)", "update PulseAudio"));

    public Checkup {
        checks = List.copyOf(checks);
    }

    /**
     * Looks at this machine.
     *
     * @throws ProcTapException
     *             if captures are not supported on this operating system at all
     */
    public static Checkup ofThisMachine() {
        List<AudioSystem> systems = AudioSystem.examine();
        return of(systems, Machine.ofThisProcess(), wirePlumber(systems));
    }

    private static String wirePlumber(List<AudioSystem> systems) {
        return systems.stream().anyMatch(system -> system.sessionManager().equals("WirePlumber"))
                ? Machine.output("wireplumber", "--version")
                : "";
    }

    static Checkup of(List<AudioSystem> systems, Machine machine, String wirePlumber) {
        List<Check> checks = new ArrayList<>();
        checks.add(Check.ok("operating system", machine.operatingSystem()));
        boolean works = systems.stream().anyMatch(AudioSystem::usable);
        for (AudioSystem system : systems) {
            checks.addAll(of(system, works, wirePlumber));
        }
        checks.addAll(known("WirePlumber", wirePlumber));
        checks.add(clientConfiguration(systems, machine));
        checks.add(user(machine));
        checks.add(session(machine));
        checks.add(sandbox(machine));
        checks.add(realTime(machine));
        checks.add(server(systems, machine));
        checks.add(cpuLimit(machine));
        checks.add(Check.ok("processor", machine.processors()));
        checks.add(memory(Machine.memoryBytes()));
        checks.add(java());
        checks.add(encoder());
        checks.removeIf(Objects::isNull);
        ProcTapException problem = works
                ? null
                : systems.stream().map(AudioSystem::problem).filter(Objects::nonNull).findFirst().orElse(null);
        return new Checkup(checks, problem);
    }

    /** Whether a capture can work here. */
    public boolean works() {
        return problem == null;
    }

    private static List<Check> of(AudioSystem system, boolean anyWorks, String wirePlumber) {
        List<Check> checks = new ArrayList<>();
        ProcTapException problem = system.problem();
        if (problem != null) {
            checks.add(new Check(system.name(), anyWorks ? Check.State.NOTE : Check.State.FAILURE,
                    "cannot be used: " + problem.getMessage(), ""));
            return checks;
        }
        StringBuilder seen = new StringBuilder("works; version ").append(system.serverVersion());
        if (!system.libraryVersion().isEmpty()) {
            seen.append(", client library ").append(system.libraryVersion());
        }
        if (!system.sessionManager().isEmpty()) {
            seen.append(", session manager ").append(system.sessionManager());
            if (system.sessionManager().equals("WirePlumber") && !version(wirePlumber).isEmpty()) {
                seen.append(' ').append(version(wirePlumber));
            }
        }
        if (system.sampleRateHz() > 0) {
            seen.append(", ").append(system.sampleRateHz()).append(" Hz");
        }
        if (system.cycleFrames() > 0 && system.sampleRateHz() > 0) {
            seen.append(String.format(Locale.ROOT, ", cycles of %d frames (%.1f ms)", system.cycleFrames(),
                    1e3 * system.cycleFrames() / system.sampleRateHz()));
        }
        checks.add(Check.ok(system.name(), seen.toString()));
        if (system.name().equals("PipeWire") && system.sessionManager().isEmpty()) {
            checks.add(Check.warning("session manager", "there is none: programs that play are linked to nothing",
                    "start one: systemctl --user start wireplumber"));
        }
        if (!system.permission().isEmpty()) {
            checks.add(Check.note("permission", "is only known once a capture was tried", system.permission()));
        }
        checks.addAll(known(system.name(), system.serverVersion()));
        return checks;
    }

    private static List<Check> known(String program, String version) {
        return KNOWN.stream().filter(known -> known.program.equals(program))
                .filter(known -> isWithin(version, known.from, known.below))
                .map(known -> new Check(program + " " + version(version), known.state, known.what, known.advice))
                .toList();
    }

    private static String version(String text) {
        Matcher matcher = VERSION.matcher(text);
        return matcher.find() ? matcher.group() : "";
    }

    static boolean isWithin(String version, String from, String below) {
        Matcher matcher = VERSION.matcher(version);
        return matcher.find() && number(matcher) >= number(from) && number(matcher) < number(below);
    }

    private static long number(String version) {
        Matcher matcher = VERSION.matcher(version);
        return matcher.find() ? number(matcher) : 0;
    }

    private static long number(Matcher version) {
        Function<Integer, Long> part = group -> version.group(group) == null
                ? 0L
                : Long.parseLong(version.group(group));
        return (part.apply(1) * 10_000 + part.apply(2)) * 10_000 + part.apply(3);
    }

    /** Without its file a client of an older PipeWire has no real-time thread. */
    private static @Nullable Check clientConfiguration(List<AudioSystem> systems, Machine machine) {
        boolean needed = systems.stream().anyMatch(system -> system.usable() && system.name().equals("PipeWire")
                && isWithin(system.libraryVersion(), "0.0.0", "1.3.0"));
        if (!needed || machine.exists("/usr/share/pipewire/client-rt.conf")
                || machine.exists("/etc/pipewire/client-rt.conf")) {
            return null;
        }
        return Check.warning("PipeWire's client-rt.conf",
                "is missing: the thread that takes the sound runs without real-time priority",
                "install PipeWire's package anew");
    }

    private static @Nullable Check user(Machine machine) {
        String runtime = machine.variable("XDG_RUNTIME_DIR");
        String sudo = machine.variable("SUDO_USER");
        if (!sudo.isEmpty() && !sudo.equals("root")) {
            return Check.warning("user", "started by sudo: the audio server is that of " + sudo + ", not root's",
                    "run without sudo");
        }
        if (!machine.exists("/proc/self")) {
            return null;
        }
        return runtime.isEmpty() && machine.variable("PIPEWIRE_REMOTE").isEmpty()
                && machine.variable("PULSE_SERVER").isEmpty()
                        ? Check.warning("user", "XDG_RUNTIME_DIR is not set: the user's audio server cannot be found",
                                "log in as the user whose desktop it is (su and cron do not), or set it to"
                                        + " /run/user/UID")
                        : Check.ok("user", "XDG_RUNTIME_DIR is set");
    }

    private static @Nullable Check session(Machine machine) {
        String type = machine.variable("XDG_SESSION_TYPE");
        String desktop = machine.variable("XDG_CURRENT_DESKTOP");
        if (!machine.variable("SSH_CONNECTION").isEmpty()) {
            return Check.note("session", "over ssh: programs on the desktop are another session's",
                    "they are seen where both belong to the same user");
        }
        if (!machine.exists("/proc/self")) {
            return null;
        }
        return type.isEmpty()
                ? Check.note("session", "none of a desktop (XDG_SESSION_TYPE is not set)", "")
                : Check.ok("session", type + (desktop.isEmpty() ? "" : ", " + desktop));
    }

    private static Check sandbox(Machine machine) {
        if (machine.exists("/.flatpak-info")) {
            return Check.warning("sandbox", "inside Flatpak, which sees only processes of its own",
                    "run outside of it; or target programs by name, and let it use the socket pipewire");
        }
        if (!machine.variable("SNAP").isEmpty()) {
            return Check.warning("sandbox", "inside a snap",
                    "connect its plug audio-record, or run outside of it");
        }
        if (machine.exists("/.dockerenv") || machine.exists("/run/.containerenv")
                || !machine.read("/run/systemd/container").isEmpty()) {
            return Check.note("sandbox",
                    "inside a container: pids are its own, programs outside are not known by theirs",
                    "a server of its own works; for the host's share its pid namespace (--pid=host) and the socket"
                            + " in XDG_RUNTIME_DIR");
        }
        if (machine.read("/proc/version").toLowerCase(Locale.ROOT).contains("microsoft")) {
            return Check.note("sandbox", "inside WSL: Windows' own programs are not heard here",
                    "run ProcTap on Windows for those");
        }
        return Check.ok("sandbox", "none");
    }

    private static @Nullable Check realTime(Machine machine) {
        String limits = machine.value("/proc/self/limits", "Max realtime priority");
        if (limits.isEmpty()) {
            return null;
        }
        String soft = limits.split("\\s+", -1)[0];
        boolean rtkit = machine.exists("/usr/share/dbus-1/system-services/org.freedesktop.RealtimeKit1.service")
                || !machine.processes("rtkit-daemon").isEmpty();
        String seen = "RLIMIT_RTPRIO " + soft + ", rtkit " + (rtkit ? "there" : "missing");
        boolean granted = soft.equals("unlimited") || (soft.matches("[0-9]+") && Integer.parseInt(soft) > 0);
        return granted || rtkit
                ? Check.ok("real-time priority", seen)
                : Check.warning("real-time priority", seen + ": audio threads wait behind every other program",
                        "install rtkit, or let the user's group have rtprio in /etc/security/limits.d");
    }

    /** Field 41 of {@code /proc/PID/stat}, proc(5), is the policy: 1 and 2 are the real-time ones. */
    private static @Nullable Check server(List<AudioSystem> systems, Machine machine) {
        if (systems.stream().noneMatch(system -> system.usable() && system.name().equals("PipeWire"))) {
            return null;
        }
        for (long pid : machine.processes("pipewire")) {
            for (String task : machine.list("/proc/" + pid + "/task")) {
                String stat = machine.read("/proc/" + pid + "/task/" + task + "/stat");
                if (stat.contains("(data-loop") || stat.contains("(pw-data-loop")) {
                    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
                    boolean realTime = fields.length > 38 && (fields[38].equals("1") || fields[38].equals("2"));
                    return realTime
                            ? Check.ok("PipeWire's own thread", "has real-time priority")
                            : Check.warning("PipeWire's own thread",
                                    "runs without real-time priority: a busy machine makes dropouts for everybody",
                                    "install rtkit, or give the user rtprio, and restart it: systemctl --user restart"
                                            + " pipewire");
                }
            }
        }
        return null;
    }

    private static @Nullable Check cpuLimit(Machine machine) {
        if (!machine.exists("/proc/self/cgroup")) {
            return null;
        }
        String group = machine.value("/proc/self/cgroup", "0::");
        for (String at = group; !at.isEmpty(); at = at.substring(0, Math.max(0, at.lastIndexOf('/')))) {
            String folder = "/sys/fs/cgroup" + (at.equals("/") ? "" : at);
            String[] quota = machine.read(folder + "/cpu.max").split(" ", -1);
            if (quota.length == 2 && !quota[0].equals("max")) {
                String throttled = machine.value(folder + "/cpu.stat", "nr_throttled");
                String seen = String.format(Locale.ROOT, "%.2f processors (cgroup %s), held back %s times so far",
                        Double.parseDouble(quota[0]) / Double.parseDouble(quota[1]), at,
                        throttled.isEmpty() ? "an unknown number of" : throttled);
                return throttled.isEmpty() || throttled.equals("0")
                        ? Check.note("CPU limit", seen, "")
                        : Check.warning("CPU limit", seen + ": while it is, nothing here runs",
                                "raise the limit (docker --cpus, systemd CPUQuota)");
            }
            if (at.equals("/")) {
                break;
            }
        }
        // the first version of control groups has files of its own
        String quota = machine.read("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
        String period = machine.read("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
        return quota.matches("[1-9][0-9]*") && period.matches("[1-9][0-9]*")
                ? Check.note("CPU limit", String.format(Locale.ROOT, "%.2f processors",
                        Double.parseDouble(quota) / Double.parseDouble(period)), "")
                : Check.ok("CPU limit", "none");
    }

    private static Check memory(long bytes) {
        String seen = String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
        return bytes >= MEMORY_NEEDED
                ? Check.ok("memory", seen)
                : Check.warning("memory", seen, "a capture takes some 60 MB");
    }

    private static Check java() {
        List<String> flags = ManagementFactory.getRuntimeMXBean().getInputArguments();
        String seen = Machine.java() + ", heap up to " + (Runtime.getRuntime().maxMemory() >> 20) + " MB";
        if (flags.contains("-Xint")) {
            return Check.warning("Java", seen + ", interpreted only (-Xint)", "leave -Xint out");
        }
        if (flags.stream().anyMatch(flag -> flag.startsWith("-agentlib:jdwp") || flag.equals("-Xcheck:jni"))) {
            return Check.note("Java", seen + ", with a debugger's or checks' options",
                    "measure without them");
        }
        if (Runtime.version().pre().isPresent()) {
            return Check.note("Java", seen + ", an early-access build", "use a release");
        }
        return Check.ok("Java", seen);
    }

    private static Check encoder() {
        Optional<String> version = Machine.firstLine("ffmpeg", "-version");
        return version.isPresent()
                ? Check.ok("ffmpeg", version.get().replaceFirst(" Copyright.*", ""))
                : Check.note("ffmpeg", "is not installed: recordings are .wav or .raw",
                        "install ffmpeg for .mp3, .flac, .opus, .ogg and .m4a");
    }
}
