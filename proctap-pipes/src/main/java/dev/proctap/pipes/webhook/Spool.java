package dev.proctap.pipes.webhook;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Messages on disk, in order, until they are delivered. A message is there from the moment in which {@link #addLine} or
 * {@link #addRequests} returns, whatever happens to us, and until {@link #delivered} returns; each has a key of its own, which
 * stays the same however often it is sent.
 *
 * <p>A folder belongs to one process at a time. Files are named by their number and key:
 *
 * <ul>
 * <li>{@code 12-KEY.line}: a line that waits for the others of its batch
 * <li>{@code 13-KEY-0.request}: requests that belong together. Their first line has the content type, the number of the last
 * line that they were made of (those lines were to be deleted when we were stopped), and the lengths of the bodies, which
 * follow; the number after the key is that of the one to be sent next.
 * </ul>
 */
public final class Spool implements AutoCloseable {

    private static final String LINE = ".line";
    private static final String REQUEST = ".request";

    private final Path folder;
    private final FileChannel lockChannel;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition added = lock.newCondition();
    private final TreeMap<Long, Path> lines = new TreeMap<>();
    private final TreeMap<Long, Path> requests = new TreeMap<>();
    private long next = 1;
    private boolean closed;

    /**
     * A request to be sent.
     *
     * @param number
     *            its place in the order
     * @param key
     *            the same whenever it is sent
     * @param last
     *            whether none follows that belongs to it
     */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares them
    record Message(long number, String key, String contentType, byte[] body, boolean last) {}

    /**
     * Opens a folder, and makes it where there is none.
     *
     * @throws SpoolInUseException
     *             if another process uses it
     * @throws IOException
     *             if it cannot be read and written
     */
    public Spool(Path folder) throws IOException {
        this.folder = folder;
        makeFolder(folder);
        lockChannel = FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        boolean opened = false;
        try {
            FileLock held = tryLock(lockChannel);
            if (held == null) {
                throw new SpoolInUseException(folder);
            }
            load();
            opened = true;
        } finally {
            if (!opened) {
                lockChannel.close();
            }
        }
    }

    /** Another process uses the folder. */
    public static final class SpoolInUseException extends IOException {

        private static final long serialVersionUID = 1L;

        SpoolInUseException(Path folder) {
            super("another webhook uses the spool " + folder + "; give this one a folder of its own");
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    /** Messages are nobody else's business. */
    private static void makeFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            Path parent = folder.toAbsolutePath().getParent();
            if (parent != null) {
                Files.createDirectories(parent);
            }
            try {
                Files.createDirectory(folder,
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            } catch (UnsupportedOperationException e) {
                Files.createDirectory(folder);
            } catch (FileAlreadyExistsException e) {
                // another process was faster
            }
        }
    }

    private void load() throws IOException {
        List<Path> files;
        try (Stream<Path> found = Files.list(folder)) {
            files = found.toList();
        }
        for (Path file : files) {
            String name = String.valueOf(file.getFileName());
            int dash = name.indexOf('-');
            if (name.endsWith(".part")) {
                Files.delete(file); // it was never there
            } else if (dash > 0 && (name.endsWith(LINE) || name.endsWith(REQUEST))) {
                try {
                    long number = Long.parseLong(name.substring(0, dash));
                    (name.endsWith(LINE) ? lines : requests).put(number, file);
                    next = Math.max(next, number + 1);
                } catch (NumberFormatException e) {
                    // not ours
                }
            }
        }
        for (Path request : requests.values()) {
            long last = lastLineOf(request);
            deleteLines(last);
        }
    }

    private static long lastLineOf(Path request) throws IOException {
        byte[] bytes = Files.readAllBytes(request);
        String[] head = firstLine(bytes).split("\t", -1);
        try {
            return head.length < 2 ? 0 : Long.parseLong(head[1]);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static String firstLine(byte[] bytes) {
        int end = 0;
        while (end < bytes.length && bytes[end] != '\n') {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }

    private void deleteLines(long last) throws IOException {
        Map<Long, Path> done = lines.headMap(last, true);
        for (Path file : done.values()) {
            Files.deleteIfExists(file);
        }
        done.clear();
    }

    /** Keeps a line that is sent later with others, and returns how many wait now. */
    public int addLine(String text) throws IOException {
        lock.lock();
        try {
            long number = next++;
            lines.put(number, write(number, LINE, text.getBytes(StandardCharsets.UTF_8)));
            return lines.size();
        } finally {
            lock.unlock();
        }
    }

    /** The lines that wait, oldest first. */
    public List<String> lines() throws IOException {
        lock.lock();
        try {
            List<String> result = new ArrayList<>();
            for (Path file : lines.values()) {
                result.add(Files.readString(file));
            }
            return result;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Keeps requests that belong together.
     *
     * @param ofLines
     *            whether they are made of the lines that wait, which are deleted then
     */
    public void addRequests(String contentType, List<byte[]> bodies, boolean ofLines) throws IOException {
        lock.lock();
        try {
            long last = ofLines && !lines.isEmpty() ? lines.lastKey() : 0;
            String lengths = bodies.stream().map(body -> Integer.toString(body.length))
                    .collect(Collectors.joining(","));
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            all.writeBytes((contentType + "\t" + last + "\t" + lengths + "\n").getBytes(StandardCharsets.UTF_8));
            bodies.forEach(all::writeBytes);
            long number = next++;
            requests.put(number, write(number, "-0" + REQUEST, all.toByteArray()));
            if (ofLines) {
                deleteLines(last);
            }
            added.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** By a name that only is there when all of it is on the disk. */
    private Path write(long number, String ending, byte[] content) throws IOException {
        Path file = folder.resolve(number + "-" + UUID.randomUUID() + ending);
        Path part = folder.resolve(number + ".part");
        try (FileChannel channel = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        return file;
    }

    /** How many requests wait. */
    public int size() {
        lock.lock();
        try {
            return requests.size();
        } finally {
            lock.unlock();
        }
    }

    /** The oldest request; waits for one, and is null once the spool is closed. */
    @Nullable
    Message take() throws IOException, InterruptedException {
        lock.lock();
        try {
            while (requests.isEmpty() && !closed) {
                added.await();
            }
            if (closed) {
                return null;
            }
            Map.Entry<Long, Path> first = requests.firstEntry();
            byte[] bytes = Files.readAllBytes(first.getValue());
            String head = firstLine(bytes);
            String[] fields = head.split("\t", -1);
            String name = String.valueOf(first.getValue().getFileName());
            String key = name.substring(name.indexOf('-') + 1, name.length() - REQUEST.length());
            int index = Integer.parseInt(key.substring(key.lastIndexOf('-') + 1));
            String[] lengths = fields[2].split(",", -1);
            int from = head.getBytes(StandardCharsets.UTF_8).length + 1;
            for (int i = 0; i < index; i++) {
                from += Integer.parseInt(lengths[i]);
            }
            return new Message(first.getKey(), key, fields[0],
                    Arrays.copyOfRange(bytes, from, from + Integer.parseInt(lengths[index])),
                    index + 1 == lengths.length);
        } catch (IndexOutOfBoundsException | NumberFormatException e) {
            throw new IOException(requests.firstEntry().getValue() + " is not what was written there", e);
        } finally {
            lock.unlock();
        }
    }

    /** A request has arrived: the next may go. */
    void delivered(Message message) throws IOException {
        lock.lock();
        try {
            Path file = requests.get(message.number());
            if (file == null) {
                return;
            }
            if (message.last()) {
                Files.deleteIfExists(file);
                requests.remove(message.number());
            } else {
                String key = message.key();
                int dash = key.lastIndexOf('-') + 1;
                Path nextFile = folder.resolve(message.number() + "-" + key.substring(0, dash)
                        + (Integer.parseInt(key.substring(dash)) + 1) + REQUEST);
                Files.move(file, nextFile, StandardCopyOption.ATOMIC_MOVE);
                requests.put(message.number(), nextFile);
            }
        } finally {
            lock.unlock();
        }
    }

    /** The server never will take a request: it is put aside, and the next may go. Returns where it is. */
    Path rejected(Message message) throws IOException {
        Path aside = folder.resolve("rejected");
        makeFolder(aside);
        Path to = aside.resolve(message.number() + "-" + message.key());
        Files.write(to, message.body());
        delivered(message);
        return to;
    }

    /** Where it is. */
    public Path folder() {
        return folder;
    }

    @Override
    public void close() throws IOException {
        lock.lock();
        try {
            closed = true;
            added.signalAll();
        } finally {
            lock.unlock();
        }
        lockChannel.close();
    }
}
