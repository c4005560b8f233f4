package dev.proctap;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Sends commands to mpv's control socket. */
final class MpvControl {

    private MpvControl() {}

    static void send(Path socket, String json) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            channel.write(ByteBuffer.wrap((json + "\n").getBytes(StandardCharsets.UTF_8)));
            channel.read(ByteBuffer.allocate(4096)); // its answer
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
