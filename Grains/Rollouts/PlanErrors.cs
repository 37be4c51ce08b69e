using System.Collections.Immutable;
using Muster.Errors;

namespace Muster.Rollouts;

/// <param name="Path">Where in the plan as its author writes it, such as <c>groups[0].percent</c>.</param>
/// <param name="Sentence">What is wrong.</param>
internal readonly record struct PlanError(string Path, string Sentence);

/// <summary>Gathers what is wrong with a plan.</summary>
internal sealed class PlanErrors
{
    private const int Most = 50;
    private readonly ImmutableArray<PlanError>.Builder all = ImmutableArray.CreateBuilder<PlanError>();

    internal ImmutableArray<PlanError> All => all.ToImmutable();

    internal void If(bool isWrong, string path, string sentence)
    {
        if (isWrong && all.Count < Most && !all.Contains(new PlanError(path, sentence)))
        {
            all.Add(new PlanError(path, sentence));
        }
    }

    /// <summary>ArgumentInvalid, with every sentence by its path.</summary>
    internal static Refusal Refusal(ImmutableArray<PlanError> errors) =>
        Refusals.Invalid(string.Join(' ', errors.Select(static error => error.Sentence).Distinct())) with
        {
            Errors = errors.GroupBy(static error => error.Path, static error => error.Sentence, StringComparer.Ordinal)
                .ToImmutableDictionary(static of => of.Key, static of => string.Join(' ', of), StringComparer.Ordinal),
        };
}
