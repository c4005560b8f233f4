package dev.proctap;

import java.util.stream.Stream;

/** The same on servers that are processes of their own: for what a fake would not show. */
public final class OnRealServers extends OnEveryServer {

    @Override
    Stream<RealServer.Kind> kinds() {
        return Stream.of(RealServer.Kind.PIPEWIRE, RealServer.Kind.PULSEAUDIO);
    }
}
