using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using Muster.Sessions;
using Muster.Telemetry;

namespace Muster.Mqtt;

/// <summary>What each packet does. Synchronous: packets point into the read buffer.</summary>
internal sealed partial class DeviceSession
{
    private PublishBatch? batch;
    private SubscribePacket? subscribe;
    private bool unsubscribe;
    private TwinChannel? twin;

    /// <summary>Why <see cref="Take"/> stopped.</summary>
    private enum Step
    {
        Continue = 0,
        NeedMore,

        /// <summary>Enough for one batch; whole packets may be left.</summary>
        Pause,

        /// <summary>A SUBSCRIBE or UNSUBSCRIBE waits to be made durable.</summary>
        Subscriptions,

        /// <summary>The connection ends.</summary>
        End,
    }

    // All packets of one read; their telemetry becomes one append.
    private Step Take(ref ReadOnlySequence<byte> buffer)
    {
        var step = Step.Continue;
        while (step == Step.Continue)
        {
            step = MqttReader.TryRead(ref buffer, out var frame, out var fault) switch
            {
                ReadStatus.Frame => Handle(frame),
                ReadStatus.Malformed => Refuse(fault),
                _ => Step.NeedMore,
            };
            if (step == Step.Continue && IsBatchFull())
            {
                step = Step.Pause;
            }
        }

        SubmitBatch();
        return step;
    }

    private Step Handle(in MqttFrame frame)
    {
        switch (frame.Type)
        {
            case PacketType.Publish:
                return HandlePublish(frame);
            case PacketType.PingReq:
                return Answered(outbox.Answer(new PingRespPacket()));
            case PacketType.Subscribe or PacketType.Unsubscribe:
                var fault = SubscribePacket.TryParse(frame, out subscribe);
                unsubscribe = frame.Type == PacketType.Unsubscribe;
                return fault == MqttFault.None ? Step.Subscriptions : Refuse(fault);
            case PacketType.PubAck:
                return HandlePubAck(frame);
            case PacketType.Disconnect:
                will = null;
                Interlocked.CompareExchange(ref end, (int)SessionEnd.Disconnected, (int)SessionEnd.None);
                return Step.End;
            default:
                return Refuse(frame.Type == PacketType.Connect ? MqttFault.SecondConnect : MqttFault.UnexpectedPacket);
        }
    }

    // One that nothing waits for may be of a message that was settled, or of a session before this.
    private Step HandlePubAck(in MqttFrame frame)
    {
        if (frame.Body.Length != 2)
        {
            return Refuse(MqttFault.Truncated);
        }

        Span<byte> id = stackalloc byte[2];
        frame.Body.CopyTo(id);
        Volatile.Read(ref messages)?.Acknowledge(BinaryPrimitives.ReadUInt16BigEndian(id));
        return Step.Continue;
    }

    private Step HandlePublish(in MqttFrame frame)
    {
        var fault = PublishPacket.TryParse(frame, out var packet);
        if (fault != MqttFault.None || packet.Qos == 2)
        {
            return Refuse(fault != MqttFault.None ? fault : MqttFault.QosTwo);
        }

        fault = Deliver(packet);
        return fault == MqttFault.None ? Step.Continue : Refuse(fault);
    }

    private MqttFault Deliver(in PublishPacket packet)
    {
        var topic = Topics.Read(packet.Topic, telemetryPrefix);
        switch (topic.Kind)
        {
            case TopicKind.Telemetry:
                var fault = AddTelemetry(topic.Bag, packet.Retain ? MessageMarks.Retain : MessageMarks.None, packet.Payload);
                if (fault == MqttFault.None)
                {
                    AcknowledgeWithBatch(packet);
                }

                return fault;
            case TopicKind.TwinGet:
                AcknowledgeWithBatch(packet);
                _ = Twin.GetAsync(topic.RequestId.ToArray());
                return MqttFault.None;
            case TopicKind.TwinReport:
                Twin.Report(topic, packet.Payload, AcknowledgeApart(packet));
                return MqttFault.None;
            case TopicKind.MethodResponse:
                AcknowledgeWithBatch(packet);
                AnswerMethod(topic, packet.Payload);
                return MqttFault.None;
            default:
                return MqttFault.ForeignTopic;
        }
    }

    private TwinChannel Twin => twin ??= new TwinChannel(this, device, acks, services, SendTwinReply);

    private MqttFault AddTelemetry(ReadOnlySpan<byte> bag, MessageMarks marks, ReadOnlySequence<byte> payload)
    {
        batch ??= services.Batches.Rent();
        var record = new EventWriter(batch.Records, Origin, EventSource.Telemetry);
        var fault = PropertyBag.Write(bag, marks, ref record, out var propertyBytes);
        if (fault == MqttFault.None && payload.Length + propertyBytes > PacketLimits.MaxMessageBytes)
        {
            fault = MqttFault.MessageTooLarge;
        }

        if (fault == MqttFault.None)
        {
            record.End(payload);
            batch.CommitRecord();
        }

        return fault;
    }

    private void AcknowledgeWithBatch(in PublishPacket packet)
    {
        if (packet.Qos == 1)
        {
            (batch ??= services.Batches.Rent()).AddPacketId(packet.PacketId);
        }
    }

    // A place of its own in the order of acknowledgements, for what is durable on its own.
    private PublishBatch? AcknowledgeApart(in PublishPacket packet)
    {
        if (packet.Qos == 0)
        {
            return null;
        }

        SubmitBatch();
        var apart = services.Batches.Rent();
        apart.AddPacketId(packet.PacketId);
        acks.Enqueue(apart);
        return apart;
    }

    private bool IsBatchFull() => acks.IsFull ||
        (batch is { } current && (current.Messages >= PublishBatch.MaxMessages || current.Bytes >= services.Options.MaxInFlightBytes));

    private void SubmitBatch()
    {
        if (batch is not { } full)
        {
            return;
        }

        batch = null;
        acks.Enqueue(full);
        if (full.RecordCount == 0)
        {
            acks.Complete(full);
            return;
        }

        services.Instruments.Telemetry(full.RecordCount, full.Bytes);
        full.Append(services.Log, Origin.Partition, acks);
    }

    private void AnswerMethod(in DeviceTopic topic, ReadOnlySequence<byte> payload)
    {
        if (Utf8Parser.TryParse(topic.RequestId, out long requestId, out var used, 'x') && used == topic.RequestId.Length)
        {
            AnswerMethod(requestId, topic.Status, payload);
        }
    }

    private Step Answered(SendResult sent)
    {
        if (sent == SendResult.Full)
        {
            Close(SessionEnd.NotReading);
            return Step.End;
        }

        return Step.Continue;
    }

    private Step Refuse(MqttFault fault)
    {
        services.Instruments.Refused(fault);
        LogFault(services.Logger, key, fault);
        Interlocked.CompareExchange(ref end, (int)SessionEnd.Fault, (int)SessionEnd.None);
        return Step.End;
    }

    private void OnAckFailed(bool notStored) => Close(notStored ? SessionEnd.NotStored : SessionEnd.NotReading);
}
