package dev.proctap;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterClassTemplateInvocationCallback;
import org.junit.jupiter.api.extension.BeforeClassTemplateInvocationCallback;
import org.junit.jupiter.api.extension.ClassTemplateInvocationContext;
import org.junit.jupiter.api.extension.ClassTemplateInvocationContextProvider;
import org.junit.jupiter.api.extension.Extension;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Runs the tests of a class once on each kind of audio server; the system property {@code proctap.test.servers} names those
 * to be used, for example {@code pulseaudio,windows}.
 */
public class OnEveryServer implements ClassTemplateInvocationContextProvider {

    @Override
    public boolean supportsClassTemplate(ExtensionContext context) {
        return true;
    }

    @Override
    public Stream<? extends ClassTemplateInvocationContext> provideClassTemplateInvocationContexts(
            ExtensionContext context) {
        String chosen = System.getProperty("proctap.test.servers", "").toUpperCase(Locale.ROOT);
        return kinds().filter(kind -> chosen.isEmpty() || List.of(chosen.split(",", -1)).contains(kind.name()))
                .map(On::new);
    }

    /** The kinds of server that the tests are for. */
    Stream<RealServer.Kind> kinds() {
        return Stream.of(RealServer.Kind.values());
    }

    private record On(RealServer.Kind kind) implements ClassTemplateInvocationContext {

        @Override
        public String getDisplayName(int invocationIndex) {
            return kind.displayName;
        }

        @Override
        public List<Extension> getAdditionalExtensions() {
            return List.of(new Server(kind));
        }
    }

    private static final class Server extends RealServer
            implements
                BeforeClassTemplateInvocationCallback,
                AfterClassTemplateInvocationCallback {

        Server(Kind kind) {
            super(kind);
        }

        @Override
        public void beforeClassTemplateInvocation(ExtensionContext context) {
            start();
        }

        @Override
        public void afterClassTemplateInvocation(ExtensionContext context) {
            stop();
        }
    }
}
