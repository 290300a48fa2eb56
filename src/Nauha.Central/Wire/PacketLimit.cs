using System.Buffers;
using System.IO.Pipelines;

namespace Nauha.Central.Wire;

/// <summary>Ends a connection that announces an MQTT packet longer than we take: the broker itself has no such limit.</summary>
internal sealed class PacketLimit(IDuplexPipe inner, int longest) : IDuplexPipe
{
    public PipeReader Input { get; } = new Reader(inner.Input, longest);

    public PipeWriter Output => inner.Output;

    private sealed class Reader(PipeReader inner, int longest) : PipeReader
    {
        public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            var result = await inner.ReadAsync(cancellationToken).ConfigureAwait(false);
            Check(result.Buffer);
            return result;
        }

        public override bool TryRead(out ReadResult result)
        {
            if (!inner.TryRead(out result)) return false;
            Check(result.Buffer);
            return true;
        }

        // The buffer begins with a packet: its remaining length stands as a variable byte integer after the first byte.
        private void Check(ReadOnlySequence<byte> buffer)
        {
            Span<byte> head = stackalloc byte[5];
            var length = (int)Math.Min(buffer.Length, 5);
            buffer.Slice(0, length).CopyTo(head);
            var remaining = 0;
            for (var i = 1; i < length; i++)
            {
                remaining |= (head[i] & 0x7F) << (7 * (i - 1));
                if (remaining > longest) throw new Microsoft.AspNetCore.Connections.ConnectionAbortedException("an MQTT packet is too long");
                if ((head[i] & 0x80) == 0) return;
            }
        }
    }
}
