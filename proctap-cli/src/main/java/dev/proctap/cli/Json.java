package dev.proctap.cli;

import java.io.Writer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.PrettyPrinter;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.DefaultPrettyPrinter;

/** JSON into a writer that stays open. */
final class Json {

    private Json() {}

    /**
     * @param pretty
     *            whether for people, too, or all in one line
     */
    static JsonGenerator into(Writer out, boolean pretty) {
        ObjectWriteContext context = new ObjectWriteContext.Base() {
            @Override
            public @Nullable PrettyPrinter getPrettyPrinter() {
                return pretty ? new DefaultPrettyPrinter() : null;
            }

            @Override
            public boolean hasPrettyPrinter() {
                return pretty;
            }
        };
        return JsonFactory.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET).build().createGenerator(context,
                out);
    }
}
