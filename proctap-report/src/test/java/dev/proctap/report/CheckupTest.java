package dev.proctap.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proctap.AudioSystem;
import dev.proctap.ProcTapException;
import dev.proctap.report.Check.State;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A checkup finds what keeps captures from working, and says what to do. */
class CheckupTest {

    private static final AudioSystem PIPEWIRE = new AudioSystem("PipeWire", null, "1.6.8", "1.6.8", "WirePlumber",
            48_000, 1024, "");

    /** The files of a system that has nothing to complain of. */
    @TempDir
    Path root;

    private final Map<String, String> environment = new HashMap<>(
            Map.of("XDG_RUNTIME_DIR", "/run/user/1000", "XDG_SESSION_TYPE", "wayland"));

    private void write(String path, String text) {
        try {
            Path file = root.resolve(path.substring(1));
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Checkup checkup(AudioSystem... systems) {
        if (!Files.exists(root.resolve("proc/self/limits"))) {
            write("/proc/self/limits", "Max realtime priority     95                   95\n");
        }
        if (!Files.exists(root.resolve("proc/self/cgroup"))) {
            write("/proc/self/cgroup", "0::/user.slice\n");
        }
        return Checkup.of(List.of(systems), new Machine(root, environment), "");
    }

    private static Check only(Checkup checkup, String name) {
        return checkup.checks().stream().filter(check -> check.name().startsWith(name)).findFirst().orElseThrow();
    }

    @Test
    void aHealthySystemHasNothingToWarnOf() {
        Checkup checkup = checkup(PIPEWIRE);
        assertThat(checkup.works()).isTrue();
        assertThat(checkup.checks()).extracting(Check::state).doesNotContain(State.WARNING, State.FAILURE);
        assertThat(only(checkup, "PipeWire").seen()).contains("1.6.8", "WirePlumber", "1024 frames (21.3 ms)");
    }

    @Test
    void oneSystemThatWorksIsEnough() {
        AudioSystem gone = AudioSystem.unusable("PulseAudio",
                new ProcTapException(ProcTapException.Kind.NO_AUDIO_SERVER, "it is not there"));
        assertThat(checkup(PIPEWIRE, gone).works()).isTrue();
        assertThat(only(checkup(PIPEWIRE, gone), "PulseAudio").state()).isEqualTo(State.NOTE);
        Checkup none = checkup(gone);
        assertThat(none.works()).isFalse();
        assertThat(none.problem()).isSameAs(gone.problem());
        assertThat(only(none, "PulseAudio")).satisfies(check -> {
            assertThat(check.state()).isEqualTo(State.FAILURE);
            assertThat(check.seen()).contains("it is not there");
        });
    }

    @Test
    void aServerWithoutSessionManagerPlaysNothing() {
        Checkup checkup = checkup(new AudioSystem("PipeWire", null, "1.6.8", "1.6.8", "", 48_000, 1024, ""));
        assertThat(only(checkup, "session manager").state()).isEqualTo(State.WARNING);
    }

    @Test
    void aPermissionIsExplained() {
        Checkup checkup = checkup(new AudioSystem("Core Audio", null, "", "15.0", "", 0, 0, "allow Terminal"));
        assertThat(only(checkup, "permission").advice()).isEqualTo("allow Terminal");
    }

    @Test
    void versionsThatAreKnownToBeWorseAreTold() {
        Checkup checkup = checkup(
                new AudioSystem("PipeWire", null, "0.3.48", "0.3.48", "WirePlumber", 48_000, 1024, ""));
        assertThat(only(checkup, "PipeWire 0.3.48").advice()).contains("0.3.56");
        // a client of that age needs a file, which is not there
        assertThat(only(checkup, "PipeWire's client-rt.conf").state()).isEqualTo(State.WARNING);
        write("/usr/share/pipewire/client-rt.conf", "");
        assertThat(checkup(new AudioSystem("PipeWire", null, "0.3.48", "0.3.48", "", 0, 0, "")).checks())
                .noneMatch(check -> check.name().contains("client-rt"));
    }

    @ParameterizedTest
    @CsvSource({"0.3.48,0.3.48,0.3.56,true", "0.3.9,0.3.48,0.3.56,false", "1.0.0,0.3.68,1.6.0,true",
            "1.6,0.3.68,1.6.0,false", "16.1-debian,0.0.0,17.0.0,true", "(unknown),0.0.0,99.0.0,false"})
    void versionsAreComparedByTheirNumbers(String version, String from, String below, boolean within) {
        assertThat(Checkup.isWithin(version, from, below)).isEqualTo(within);
    }

    @Test
    void sudoIsNotTheUser() {
        environment.put("SUDO_USER", "anna");
        assertThat(only(checkup(PIPEWIRE), "user").state()).isEqualTo(State.WARNING);
        assertThat(only(checkup(PIPEWIRE), "user").seen()).contains("anna");
    }

    @Test
    void withoutARuntimeFolderThereIsNoServerToFind() {
        environment.remove("XDG_RUNTIME_DIR");
        assertThat(only(checkup(PIPEWIRE), "user").state()).isEqualTo(State.WARNING);
    }

    @Test
    void sessionsAndSandboxesAreTold() {
        environment.put("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22");
        assertThat(only(checkup(PIPEWIRE), "session").seen()).contains("ssh");
        environment.put("SNAP", "/snap/java/1");
        assertThat(only(checkup(PIPEWIRE), "sandbox").seen()).contains("snap");
        write("/.flatpak-info", "");
        assertThat(only(checkup(PIPEWIRE), "sandbox").seen()).contains("Flatpak");
    }

    @Test
    void aContainerAndWslAreTold() {
        write("/proc/version", "Linux version 5.15.0-microsoft-standard-WSL2");
        assertThat(only(checkup(PIPEWIRE), "sandbox").seen()).contains("WSL");
        write("/run/.containerenv", "");
        assertThat(only(checkup(PIPEWIRE), "sandbox").seen()).contains("container");
    }

    @Test
    void withoutRealTimePriorityAudioWaits() {
        write("/proc/self/limits", "Max realtime priority     0                    0\n");
        assertThat(only(checkup(PIPEWIRE), "real-time priority").state()).isEqualTo(State.WARNING);
        write("/usr/share/dbus-1/system-services/org.freedesktop.RealtimeKit1.service", "");
        assertThat(only(checkup(PIPEWIRE), "real-time priority").state()).isEqualTo(State.OK);
    }

    @Test
    void theServersOwnThreadIsLookedAt() {
        write("/proc/77/comm", "pipewire\n");
        // the policy is field 41, and the state field 3
        String beforePolicy = " S" + " 0".repeat(37) + " ";
        write("/proc/77/task/78/stat", "78 (data-loop.0)" + beforePolicy + "0 0 0 0");
        assertThat(only(checkup(PIPEWIRE), "PipeWire's own thread").state()).isEqualTo(State.WARNING);
        write("/proc/77/task/78/stat", "78 (data-loop.0)" + beforePolicy + "1 0 0 0");
        assertThat(only(checkup(PIPEWIRE), "PipeWire's own thread").state()).isEqualTo(State.OK);
    }

    @Test
    void aLimitOfTheProcessorIsToldAndAWarningOnceItHeldBack() {
        write("/proc/self/cgroup", "0::/system.slice/docker-1\n");
        write("/sys/fs/cgroup/system.slice/cpu.max", "50000 100000\n");
        write("/sys/fs/cgroup/system.slice/cpu.stat", "usage_usec 1\nnr_throttled 0\n");
        assertThat(only(checkup(PIPEWIRE), "CPU limit").seen()).contains("0.50 processors");
        assertThat(only(checkup(PIPEWIRE), "CPU limit").state()).isEqualTo(State.NOTE);
        write("/sys/fs/cgroup/system.slice/cpu.stat", "usage_usec 1\nnr_throttled 12\n");
        assertThat(only(checkup(PIPEWIRE), "CPU limit").state()).isEqualTo(State.WARNING);
    }

    @Test
    void aLimitOfTheFirstVersionOfControlGroupsIsToldToo() {
        write("/proc/self/cgroup", "4:cpu,cpuacct:/docker/1\n");
        write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
        write("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
        assertThat(only(checkup(PIPEWIRE), "CPU limit").seen()).isEqualTo("none");
        write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "150000\n");
        assertThat(only(checkup(PIPEWIRE), "CPU limit").seen()).contains("1.50 processors");
    }
}
