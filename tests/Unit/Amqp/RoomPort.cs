using System.Threading.Channels;
using Amqp;

namespace Muster.Amqp;

/// <summary>A link to a client that keeps what it is sent, while it has room.</summary>
internal sealed class RoomPort : ISourcePort
{
    private readonly Channel<(Message Message, object? Tag)> deliveries = Channel.CreateUnbounded<(Message, object?)>();

    public int Room { get; set; }

    public bool IsDraining { get; set; }

    public bool IsClosed { get; private set; }

    public LinkError? Error { get; private set; }

    /// <summary>The first byte of each message.</summary>
    public List<int> Sent { get; } = [];

    public LinkRequest Request { get; init; } = null!;

    public void Detach(LinkError? error) => (IsClosed, Error) = (true, error);

    public bool TrySend(ReadOnlySpan<byte> encoded, object? tag = null) => TrySend(encoded.ToArray(), tag);

    public bool TrySend(byte[] encoded, object? tag = null)
    {
        if (IsClosed || Room <= 0)
        {
            return false;
        }

        Room--;
        Sent.Add(encoded[0]);
        if (encoded.Length > 1)
        {
            deliveries.Writer.TryWrite((Message.Decode(new ByteBuffer(encoded, 0, encoded.Length, encoded.Length)), tag));
        }

        return true;
    }

    public bool TrySend(Message message, object? tag = null) => TrySend(MessageParts.Encode(message), tag);

    public void CompleteDrain() => IsDraining = false;

    public ValueTask WaitForRoomAsync() => ValueTask.CompletedTask;

    public ValueTask<(Message Message, object? Tag)> NextAsync(CancellationToken cancellationToken) => deliveries.Reader.ReadAsync(cancellationToken);
}
