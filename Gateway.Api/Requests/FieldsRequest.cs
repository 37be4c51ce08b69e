using Muster.Errors;

namespace Muster.Gateway;

/// <summary>A body that is read with <see cref="JsonFields"/>: every error is told at once, and unknown fields are errors.</summary>
internal abstract class FieldsRequest
{
    protected FieldErrors Errors { get; } = new();

    public Refusal? Check(RequestIds route) => Errors.ToRefusal();
}
