package dev.proctap.linux;

import dev.proctap.testbed.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
        StringBuilder code = new StringBuilder();
        headers.forEach(header -> code.append("#include <").append(header).append(">\n"));
        code.append("int main(void) {\n");
        expressions.forEach(
                expression -> code.append("printf(\"%lld\\n\", (long long) (").append(expression).append("));\n"));
        code.append("return 0; }\n");
        Path source = Files.writeString(folder.resolve("values.c"), code);
        String flags = Program.run(Map.of(), "pkg-config", "--cflags", library).strip();
        String binary = folder.resolve("values").toString();
        Program.run(Map.of(), "sh", "-c", "cc -o " + binary + " " + source + " " + flags);
        List<String> lines = Program.run(Map.of(), binary).lines().toList();
        Map<String, Long> values = new LinkedHashMap<>();
        for (String expression : expressions) {
            values.put(expression, Long.valueOf(lines.get(values.size())));
        }
        return values;
    }
}
