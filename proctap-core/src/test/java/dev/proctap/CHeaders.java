package dev.proctap;

import dev.proctap.testbed.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Asks a C compiler. */
public final class CHeaders {

    private CHeaders() {}

    /**
     * The values of expressions.
     *
     * @param headers
     *            to be included
     * @param library
     *            as pkg-config knows it
     * @param folder
     *            for what is compiled
     */
    public static Map<String, Long> values(List<String> headers, String library, Collection<String> expressions,
            Path folder) throws IOException {
        String flags = Program.run(Map.of(), "pkg-config", "--cflags", library).strip();
        return values(headers, List.of(flags.split(" +")), "", expressions, folder);
    }

    /**
     * The same with the compiler's flags.
     *
     * @param before
     *            code before the headers
     */
    public static Map<String, Long> values(List<String> headers, List<String> flags, String before,
            Collection<String> expressions, Path folder) throws IOException {
        StringBuilder code = new StringBuilder(before);
        headers.forEach(header -> code.append("#include <").append(header).append(">\n"));
        code.append("int main(void) {\n");
        expressions.forEach(
                expression -> code.append("printf(\"%lld\\n\", (long long) (").append(expression).append("));\n"));
        code.append("return 0; }\n");
        Path source = Files.writeString(folder.resolve("values.c"), code);
        String binary = folder.resolve("values").toString();
        List<String> command = new ArrayList<>(List.of("cc", "-o", binary, source.toString()));
        flags.stream().filter(flag -> !flag.isEmpty()).forEach(command::add);
        Program.run(Map.of(), command.toArray(String[]::new));
        List<String> lines = Program.run(Map.of(), binary).lines().toList();
        Map<String, Long> values = new LinkedHashMap<>();
        for (String expression : expressions) {
            values.put(expression, Long.valueOf(lines.get(values.size())));
        }
        return values;
    }
}
