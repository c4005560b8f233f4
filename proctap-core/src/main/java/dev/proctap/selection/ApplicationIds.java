package dev.proctap.selection;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The ids of the application that a process belongs to, as its sandbox and the desktop know them. */
final class ApplicationIds {

    private static final String DESKTOP_FILE = ".desktop";

    private ApplicationIds() {}

    /** The ids of a process, best known first; none where it was not started as an application. */
    static Set<String> of(long pid) {
        Set<String> ids = new LinkedHashSet<>();
        // Flatpak puts a file into the sandbox, whose first section names the application
        boolean application = false;
        for (String line : lines(Path.of("/proc/" + pid + "/root/.flatpak-info"))) {
            if (line.startsWith("[")) {
                application = line.equals("[Application]");
            } else if (application && line.startsWith("name=")) {
                ids.add(line.substring("name=".length()).strip());
            }
        }
        for (String line : lines(Path.of("/proc/" + pid + "/cgroup"))) {
            ids.addAll(ofControlGroup(line));
        }
        return ids;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.isReadable(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            return List.of(); // it has ended, or is another user's
        }
    }

    /**
     * The ids in a line of {@code /proc/PID/cgroup}. The last part of its path is, by systemd's rules for desktops, {@code
     * app[-LAUNCHER]-ID-RANDOM.scope} or {@code app[-LAUNCHER]-ID[@RANDOM].service}, with dashes in the id written as
     * {@code \x2d}; by snapd's {@code snap.NAME.COMMAND[-UUID].scope}.
     */
    static Set<String> ofControlGroup(String line) {
        Set<String> ids = new LinkedHashSet<>();
        for (String part : line.substring(line.lastIndexOf(':') + 1).split("/", -1)) {
            if (part.startsWith("snap.")) {
                List<String> words = Arrays.asList(part.split("\\.", -1));
                ids.add(words.get(1));
                if (words.size() > 2) {
                    ids.add(words.get(1) + "_" + words.get(2).replaceFirst("-[0-9a-f]{8}-.*", ""));
                }
            } else if (part.startsWith("app-") && (part.endsWith(".scope") || part.endsWith(".service"))) {
                String unit = part.substring("app-".length(), part.lastIndexOf('.'));
                String[] words = unit.replaceFirst("@.*", "").split("-", -1);
                int end = part.endsWith(".scope") && words.length > 1 ? words.length - 1 : words.length;
                if (end > 0) {
                    ids.add(unescape(words[end - 1]));
                }
            }
        }
        return ids;
    }

    private static String unescape(String text) {
        StringBuilder result = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if (text.startsWith("\\x", i) && i + 4 <= text.length()
                    && text.substring(i + 2, i + 4).matches("[0-9a-fA-F]{2}")) {
                result.append((char) Integer.parseInt(text.substring(i + 2, i + 4), 16));
                i += 3;
            } else {
                result.append(text.charAt(i));
            }
        }
        return result.toString();
    }

    /** Whether two ids mean the same application. */
    static boolean isSame(String id, String other) {
        return !id.isEmpty() && plain(id).equals(plain(other));
    }

    private static String plain(String id) {
        String lower = id.toLowerCase(Locale.ROOT);
        return lower.endsWith(DESKTOP_FILE) ? lower.substring(0, lower.length() - DESKTOP_FILE.length()) : lower;
    }
}
