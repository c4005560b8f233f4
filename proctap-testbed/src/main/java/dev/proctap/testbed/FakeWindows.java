package dev.proctap.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The part of Windows that a capture calls. Its libraries stand where the bindings load those of Windows from: in the folder that
 * the variable WINDIR of the environment names, which is to be set before this process starts.
 */
public final class FakeWindows extends FakeServer {

    private static final List<String> LIBRARIES = List.of("ADVAPI32.dll", "AVRT.dll", "KERNEL32.dll", "OLE32.dll");
    /** Where distributions have the headers of mingw-w64. */
    private static final List<String> HEADERS = List.of("/usr/share/mingw-w64/include",
            "/usr/x86_64-w64-mingw32/include", "/usr/x86_64-w64-mingw32/sys-root/mingw/include");

    private static final class Built {

        static final Path LIBRARY = library("MMDevAPI.dll");
        static final Path PROGRAMS = build(Path.of(windows()), LIBRARY, "windows.c", flags());

        static {
            try {
                for (String name : LIBRARIES) {
                    // the same library under each name
                    Files.deleteIfExists(library(name));
                    Files.createSymbolicLink(library(name), LIBRARY);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private Built() {}
    }

    private FakeWindows(Path folder) {
        super(folder, Built.LIBRARY, Built.PROGRAMS);
    }

    /** Starts the engine; one at a time, since it is the process's own. */
    public static FakeWindows start() {
        return start(FakeWindows::new);
    }

    /** Here a backslash is a letter of a file's name. */
    private static Path library(String name) {
        return Path.of(windows() + "\\SYSTEM32\\" + name);
    }

    private static String windows() {
        String folder = System.getenv("WINDIR");
        if (folder == null) {
            throw new IllegalStateException("WINDIR is not set; the build sets it for tests");
        }
        return folder;
    }

    /** Those with which this machine's compiler takes the headers of Windows. */
    public static List<String> flags() {
        String headers = HEADERS.stream().filter(folder -> Files.exists(Path.of(folder, "mmdeviceapi.h"))).findFirst()
                .orElseThrow(() -> new IllegalStateException(
                        "mingw-w64's headers are not installed (Debian: mingw-w64-common);"
                                + " scripts/install-prerequisites installs them"));
        String compiler = Program.run(Map.of(), "cc", "-print-file-name=include").strip();
        List<String> flags = new ArrayList<>(List.of("-w", "-nostdinc", "-isystem", headers, "-isystem", compiler));
        // what the compiler for Windows would define, and what it knows of calling conventions
        flags.addAll(List.of("-D_WIN32", "-D_WIN64", "-D__MINGW32__", "-D_AMD64_", "-D__declspec(x)=", "-D__stdcall=",
                "-D__cdecl=", "-D_X86INTRIN_H_INCLUDED", "-fshort-wchar", "-fms-extensions"));
        return flags;
    }

    /** Takes away the device of everything that is captured. */
    public void invalidateDevices() {
        call("fake_invalidate");
    }
}
