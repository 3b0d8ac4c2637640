"""Photos in the order in which a person should look at them."""

from train.scoring.records import PhotoScore, Scores


def most_uncertain(scores: Scores, wanted: int) -> list[PhotoScore]:
    """Return the `wanted` photos on which the network is least sure, least sure first; of equals the first by id.

    Photos without details are left out.
    """
    known = [(photo.details.uncertainty, photo) for photo in scores.photos if photo.details]
    return [photo for _, photo in sorted(known, key=lambda pair: (-pair[0], pair[1].id))[:wanted]]
